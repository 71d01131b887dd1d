"""Graphs that branch and merge: the order of pins, doubled links, several inputs, and where a model ends."""

from typing import Any

import pytest

from shared.errors import InvalidField
from shared.job_check import check_job_spec
from shared.job_spec import job_spec_from_mapping
from shared.model_definition.shapes import infer_shapes
from tests.shared.definitions import (
    a_job,
    designer_graph,
    designer_link,
    designer_node,
    node,
    parsed,
    pattern,
    planned,
    refusal_of,
)

DENSE, RELU, SPLIT, CONCATENATE, ADD, OUTPUT, MSE, INPUT, LOADER = 0, 29, 45, 46, 47, 50, 51, 77, 78
LSTM, ATTENTION = 17, 22


def branches(*links: dict[str, Any]) -> dict[str, Any]:
    """Dense layers of 3 and 5 units over one input, joined; the links to the join are given."""
    nodes = [
        designer_node(1, INPUT),
        designer_node(2, DENSE, units="3"),
        designer_node(3, DENSE, units="5"),
        designer_node(4, CONCATENATE),
    ]
    graph = designer_graph(nodes, (1, 2), (1, 3))
    graph["links"] += links
    return graph


def attention(*links: dict[str, Any]) -> dict[str, Any]:
    nodes = [
        designer_node(1, INPUT),
        designer_node(2, DENSE, units="8"),
        designer_node(3, DENSE, units="8"),
        designer_node(4, ATTENTION, embed_dim="8", num_heads="2"),
    ]
    graph = designer_graph(nodes, (1, 2), (1, 3))
    graph["links"] += links
    return graph


def pins(source: int, target: int, target_pin: int) -> dict[str, Any]:
    return designer_link(source, target, from_pin_index=0, to_pin_index=target_pin)


def test_pins_decide_the_order_of_inputs() -> None:
    assert node(parsed(branches(pins(2, 4, 1), pins(3, 4, 0))), "4").inputs == ("3", "2")


def test_without_pins_the_order_of_links_decides() -> None:
    assert node(parsed(branches(designer_link(3, 4), designer_link(2, 4))), "4").inputs == ("3", "2")


def test_a_link_written_twice_is_there_once() -> None:
    graph = parsed(branches(designer_link(2, 4), designer_link(3, 4), designer_link(2, 4)))
    assert node(graph, "4").inputs == ("2", "3")
    assert infer_shapes(graph, (7,))["4"] == (8,)


def test_links_to_different_pins_are_different_links() -> None:
    graph = parsed(attention(pins(2, 4, 0), pins(3, 4, 1), pins(3, 4, 2)))
    assert node(graph, "4").inputs == ("2", "3", "3")
    opaque = [designer_link(2, 4, from_pin=9, to_pin=40 + pin) for pin in range(3)]
    alone = attention(*opaque)
    alone["nodes"], alone["links"] = [n for n in alone["nodes"] if n["id"] != 3], alone["links"][:1] + opaque
    assert node(parsed(alone), "4").inputs == ("2", "2", "2")


def test_a_free_pin_of_attention_between_linked_ones_is_refused() -> None:
    sentence = refusal_of(attention(pins(2, 4, 0), pins(3, 4, 2)))
    assert "node 4" in sentence
    assert "query, key, value, mask" in sentence


def test_values_that_pass_through_data_nodes_arrive_once() -> None:
    nodes = [designer_node(1, INPUT), designer_node(2, LOADER), designer_node(3, DENSE), designer_node(4, MSE)]
    graph = designer_graph(nodes, (3, 4))
    graph["links"] += [
        designer_link(1, 2, from_pin_index=0, to_pin_index=0),
        designer_link(1, 2, from_pin_index=1, to_pin_index=1),
        designer_link(2, 3, from_pin_index=0, to_pin_index=0),
        designer_link(2, 4, from_pin_index=1, to_pin_index=1),
    ]
    assert node(parsed(graph), "3").inputs == ("1",)


def test_each_pin_of_a_split_that_is_read_gives_its_part() -> None:
    nodes = [
        designer_node(1, INPUT),
        designer_node(2, SPLIT, parts="2"),
        designer_node(3, DENSE, units="4"),
        designer_node(4, ADD),
    ]
    graph = designer_graph(nodes)
    graph["links"] = [
        designer_link(1, 2),
        designer_link(2, 3, from_pin_index=0, to_pin_index=0),
        designer_link(3, 4, from_pin_index=0, to_pin_index=0),
        designer_link(2, 4, from_pin_index=1, to_pin_index=1),
    ]
    read = parsed(graph)
    assert node(read, "4").inputs == ("3", "2:1")
    assert (node(read, "2").parameters["index"], node(read, "2:1").parameters["index"]) == (0, 1)
    assert infer_shapes(read, (8,))["4"] == (4,)


def test_a_state_of_a_layer_is_not_read_from_another_pin() -> None:
    graph = designer_graph([designer_node(1, INPUT), designer_node(2, LSTM, "Memory"), designer_node(3, DENSE)], (1, 2))
    graph["links"].append(designer_link(2, 3, from_pin_index=1, to_pin_index=0))
    assert "reads pin 1 of node 2 (Memory)" in refusal_of(graph)


def two_inputs(**parameters: str) -> dict[str, Any]:
    nodes = [
        designer_node(1, INPUT, "Source", **parameters),
        designer_node(2, INPUT, "Target", **parameters),
        designer_node(3, CONCATENATE),
        designer_node(4, DENSE, units="2"),
    ]
    return designer_graph(nodes, (1, 3), (2, 3), (3, 4))


def test_several_inputs_read_the_parts_of_an_example() -> None:
    graph = parsed(two_inputs(input_shape="[6]"))
    assert [node(graph, one).parameters.get("part") for one in ("1", "2")] == [0, 1]
    assert graph.declared_input_shape == (2, 6)
    assert infer_shapes(graph, (2, 6))["3"] == (12,)


def test_several_inputs_need_a_dataset_of_as_many_parts() -> None:
    with pytest.raises(InvalidField, match=r"layer 1 \(Source\) is one of 2 inputs.*synthetic://pairs.*\(8, 8, 1\)"):
        infer_shapes(parsed(two_inputs()), (8, 8, 1))


def test_an_input_that_only_gives_labels_is_no_input_of_the_model() -> None:
    nodes = [designer_node(1, INPUT), designer_node(2, INPUT), designer_node(3, DENSE), designer_node(4, MSE)]
    graph = parsed(designer_graph(nodes, (1, 3), (3, 4), (2, 4)))
    assert graph.inputs == ("1",)


def test_a_residual_block_is_planned() -> None:
    block = pattern(
        {"in": ("Input", {}), "a": ("Dense", {"units": 6}), "sum": ("Add", {}), "head": ("Dense", {"units": 2})},
        ("in", "a"),
        ("a", "sum"),
        ("in", "sum"),
        ("sum", "head"),
    )
    assert planned(block, (6,)) == ((2,), 42 + 14)


def test_a_loss_towards_the_input_does_not_go_with_a_dataset_of_another_target() -> None:
    nodes = [designer_node(1, INPUT), designer_node(2, DENSE, units="20"), designer_node(3, MSE)]
    graph = designer_graph(nodes, (1, 2), (2, 3))
    graph["links"].append(designer_link(1, 3, from_pin_index=0, to_pin_index=1))
    with pytest.raises(InvalidField, match="say target=input there"):
        check_job_spec(job_spec_from_mapping(a_job(model=graph, dataset="file:///a.npz?target=b")))
    for uri in ("file:///a.npz", "synthetic://regression?outputs=20", "synthetic://regression?target=input"):
        check_job_spec(job_spec_from_mapping(a_job(model=graph, dataset=uri)))


GENERATOR_AND_DISCRIMINATOR = pattern(
    {
        "noise": ("Input", {}),
        "generator": ("Dense", {}),
        "image": ("Output", {}),
        "real": ("Input", {}),
        "discriminator": ("Dense", {}),
        "verdict": ("Output", {}),
    },
    ("noise", "generator"),
    ("generator", "image"),
    ("real", "discriminator"),
    ("discriminator", "verdict"),
)


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (GENERATOR_AND_DISCRIMINATOR, ["two models", "node noise", "node discriminator", "against each other"]),
        (
            pattern({name: ("Dense", {}) for name in "abcd"}, ("a", "b"), ("c", "d")),
            ["two models", "node a", "node d"],
        ),
        (
            designer_graph([*(designer_node(n, DENSE) for n in (1, 2)), designer_node(3, OUTPUT)], (1, 2), (1, 3)),
            ["node 2", "does not lead to node 1"],
        ),
        (branches(pins(2, 4, -1), pins(3, 4, 0)), ["to_pin_index", ">= 0"]),
        (
            designer_graph([designer_node(1, ADD, "Sum"), designer_node(2, DENSE)], (1, 2)),
            ["node 1 (Sum)", "takes 2 inputs or more"],
        ),
        (
            designer_graph(
                [designer_node(1, INPUT, input_shape="[3]"), designer_node(2, INPUT, input_shape="[4]"),
                 designer_node(3, CONCATENATE)],
                (1, 3), (2, 3),
            ),
            ["different shapes", "(3,)", "(4,)"],
        ),
        (
            designer_graph(
                [designer_node(1, INPUT, dataset_name="synthetic://pairs"), designer_node(2, INPUT, dataset_name="x"),
                 designer_node(3, CONCATENATE)],
                (1, 3), (2, 3),
            ),
            ["node 2", "all inputs read parts of one dataset"],
        ),
        (
            designer_graph([designer_node(1, INPUT), designer_node(2, DENSE), designer_node(3, INPUT)], (1, 2), (2, 3)),
            ["node 3", "where the batch enters"],
        ),
    ],
)  # fmt: skip
def test_what_is_no_one_model_is_refused(definition: dict[str, Any], words: list[str]) -> None:
    sentence = refusal_of(definition)
    assert [word for word in words if word not in sentence] == []


def test_a_model_of_thousands_of_branches_is_read_in_time() -> None:
    nodes = [designer_node(1, INPUT), *(designer_node(n, RELU) for n in range(2, 5_000)), designer_node(5_000, ADD)]
    graph = designer_graph(nodes, *((1, n) for n in range(2, 5_000)), *((n, 5_000) for n in range(2, 5_000)))
    assert len(node(parsed(graph), "5000").inputs) == 4_998
