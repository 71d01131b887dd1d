"""Designer graphs as the designer saves them: integer codes, strings as values, pins, links written twice."""

from itertools import pairwise
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
    planned,
    refusal_of,
)

INPUT, DENSE, CONV, POOL, RELU, SOFTMAX, FLATTEN = 77, 0, 2, 5, 29, 39, 15
OUTPUT, CROSS_ENTROPY, MSE, SGD, ADAMW, COSINE, LOADER, SPLIT, ONE_HOT = 50, 52, 51, 59, 61, 66, 78, 80, 83


def lenet() -> dict[str, Any]:
    """A whole classifier with everything the designer draws around it; the first link is written twice."""
    nodes = [
        designer_node(1, INPUT, "MNIST", dataset_name="builtin://digits", split="train", input_shape="[8, 8, 1]"),
        designer_node(2, LOADER, "Loader", batch_size="64", shuffle="true", drop_last="false"),
        designer_node(3, CONV, "Conv2D", filters="16", kernel_size="[3, 3]", stride="1", padding="same"),
        designer_node(4, RELU, "ReLU"),
        designer_node(5, POOL, "MaxPool2D", pool_size="2", stride="2"),
        designer_node(6, FLATTEN, "Flatten"),
        designer_node(7, DENSE, "Dense", units="10", use_bias="true"),
        designer_node(8, SOFTMAX, "Softmax"),
        designer_node(9, OUTPUT, "Output", classes="10"),
        designer_node(10, ONE_HOT, "OneHot", num_classes="10"),
        designer_node(11, CROSS_ENTROPY, "Loss", label_smoothing="0.1"),
        designer_node(12, ADAMW, "AdamW", learning_rate="1e-3", weight_decay="1e-5", beta1="0.9"),
        designer_node(13, COSINE, "Cosine", eta_min="1e-6"),
    ]
    pairs = [
        (1, 2),
        (1, 2),
        (2, 3),
        (3, 4),
        (4, 5),
        (5, 6),
        (6, 7),
        (7, 8),
        (8, 9),
        (9, 11),
        (10, 11),
        (11, 12),
        (12, 13),
    ]
    graph = designer_graph(nodes, *pairs)
    graph["links"].append(designer_link(1, 10, from_pin=12, to_pin=100, from_pin_index=1, to_pin_index=0))
    return graph


def chain(*nodes: dict[str, Any]) -> dict[str, Any]:
    ids = [node["id"] for node in nodes]
    return designer_graph(list(nodes), *pairwise(ids))


def test_a_whole_classifier_becomes_a_chain_of_its_layers() -> None:
    graph = parsed(lenet())
    assert [(n.node_id, n.kind, n.inputs) for n in graph.nodes] == [
        ("1", "input", ()),
        ("3", "conv2d", ("1",)),
        ("4", "relu", ("3",)),
        ("5", "max_pool2d", ("4",)),
        ("6", "flatten", ("5",)),
        ("7", "dense", ("6",)),
        ("8", "softmax", ("7",)),
    ]
    assert graph.outputs == ("8",)
    assert node(graph, "3").parameters["kernel_size"] == (3, 3)
    assert infer_shapes(graph, (8, 8, 1))["7"] == (10,)


def test_settings_nodes_speak_in_the_jobs_own_names() -> None:
    assert parsed(lenet()).job_settings == {
        "dataset": "builtin://digits",
        "batch_size": "64",
        "shuffle": "true",
        "drop_last": "false",
        "loss": "cross_entropy",
        "label_smoothing": "0.1",
        "optimizer": "adamw",
        "learning_rate": "1e-3",
        "weight_decay": "1e-5",
        "beta1": "0.9",
        "schedule": "cosine",
        "end_learning_rate": "1e-6",
    }


def test_the_order_in_which_nodes_are_written_does_not_matter() -> None:
    turned = lenet()
    turned["nodes"].reverse()
    turned["links"].reverse()
    assert parsed(turned).nodes == parsed(lenet()).nodes


def test_layers_alone_get_an_input() -> None:
    graph = parsed(chain(designer_node(1, DENSE, units="8"), designer_node(2, DENSE, units="2")))
    assert [n.node_id for n in graph.nodes] == ["input", "1", "2"]


def test_the_loss_may_read_the_logits_while_the_output_reads_the_softmax() -> None:
    nodes = [
        designer_node(1, INPUT),
        designer_node(2, DENSE, units="3"),
        designer_node(3, SOFTMAX),
        designer_node(4, OUTPUT),
        designer_node(5, CROSS_ENTROPY),
    ]
    assert parsed(designer_graph(nodes, (1, 2), (2, 3), (3, 4), (2, 5), (1, 5))).outputs == ("3",)


def test_momentum_of_nesterov_is_told_from_plain_momentum() -> None:
    graph = chain(designer_node(1, DENSE), designer_node(2, SGD, momentum="0.9", nesterov="true"))
    assert parsed(graph).job_settings == {"optimizer": "nesterov", "momentum": "0.9"}


def test_a_data_split_without_a_test_part_is_the_validation_split() -> None:
    graph = chain(
        designer_node(1, INPUT), designer_node(2, SPLIT, val_ratio="0.2", test_ratio="0"), designer_node(3, DENSE)
    )
    assert parsed(graph).job_settings == {"validation_split": "0.2", "test_split": "0"}


def test_output_classes_must_fit_the_layer_in_front() -> None:
    graph = parsed(chain(designer_node(1, DENSE, "Head", units="8"), designer_node(2, OUTPUT, classes="10")))
    with pytest.raises(InvalidField, match=r"says 10 classes, but layer 1 \(Head\) .* gives \(8,\)"):
        infer_shapes(graph, (4,))


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (chain(designer_node(1, 99)), ["node 1", "code 99", "0 to 84"]),
        (chain(designer_node(1, 84, "Block")), ["node 1 (Block)", "Subgraph is known but not supported yet"]),
        (chain(designer_node(1, 0), designer_node(2, 47)), ["node 2 (add)", "takes 2 inputs or more", "got 1"]),
        (chain(designer_node(1, 0, "D", units="12x")), ["node 1 (D)", "units must be a whole number", "'12x'"]),
        (chain(designer_node(1, 77)), ["no layers"]),
        (chain(designer_node(1, 0), designer_node(1, 29)), ["node id 1 is there twice"]),
        (designer_graph([designer_node(1, 0)], (1, 9)), ["no node '9'"]),
        (designer_graph([designer_node(1, 0), designer_node(2, 0)], (1, 2), (2, 1)), ["cycle"]),
        (
            designer_graph([designer_node(i, 77 if i == 1 else 0) for i in (1, 2, 3, 4)], (1, 2), (3, 4), (4, 3)),
            ["node 3", "cycle"],
        ),
        (designer_graph([designer_node(1, 0), designer_node(2, 0)]), ["node 2", "nothing linked to its input"]),
        (
            designer_graph([designer_node(1, 77), designer_node(2, 77), designer_node(3, 0)], (1, 3), (2, 3)),
            ["node 3", "takes one input, got node 1", "and node 2"],
        ),
        (
            designer_graph([designer_node(1, 77), designer_node(2, 77), designer_node(3, 0)], (1, 3)),
            ["node 2", "does not lead to node 3"],
        ),
        (
            designer_graph([designer_node(1, 0), designer_node(2, 0), designer_node(3, 51)], (1, 2), (1, 3)),
            ["node 2", "does not lead to node 1", "with which the model ends"],
        ),
        (
            designer_graph([designer_node(1, 77), designer_node(2, 83), designer_node(3, 0)], (1, 2), (2, 3)),
            ["node 2", "encodes labels"],
        ),
        (designer_graph([designer_node(1, 0), designer_node(2, 59), designer_node(3, 60)]), ["both say", "optimizer"]),
        (designer_graph([designer_node(1, 0), designer_node(2, 67)]), ["node 2", "not supported yet", "StepLR"]),
        (designer_graph([designer_node(1, 0), designer_node(2, 71)]), ["node 2", "L2 norm", "weight_decay"]),
        (designer_graph([designer_node(1, 0), designer_node(2, 60, speed="1")]), ["unknown parameter 'speed'"]),
        (
            designer_graph([designer_node(1, 0), designer_node(2, 80, stratified="true")]),
            ["stratified", "not supported"],
        ),
        (chain(designer_node(1, 0), designer_node(2, 50, classes="ten")), ["node 2", "classes must be"]),
        ({"nodes": []}, ["at least one node"]),
        ({"nodes": {}}, ["nodes must be a list"]),
        ({"nodes": [3]}, ["nodes[0] must be an object"]),
        ({"nodes": [{"type": 0}]}, ["nodes[0].id"]),
        ({"nodes": [{"id": 1}]}, ["node 1", "must have a type"]),
        ({"nodes": [designer_node(1, 0)], "links": 3}, ["links must be a list"]),
        ({"nodes": [designer_node(1, 0)], "links": [{}]}, ["links[0].from_node"]),
    ],
)
def test_what_cannot_be_trained_is_refused_with_node_and_reason(graph: dict[str, Any], words: list[str]) -> None:
    sentence = refusal_of(graph)
    assert [word for word in words if word not in sentence] == []


def test_labels_fed_into_a_layer_are_refused() -> None:
    graph = designer_graph([designer_node(1, INPUT), designer_node(2, DENSE)])
    graph["links"] = [designer_link(1, 2, from_pin_index=1, to_pin_index=0)]
    assert "labels (pin 1)" in refusal_of(graph)


def test_data_as_target_of_the_loss_is_seen() -> None:
    graph = designer_graph([designer_node(1, INPUT), designer_node(2, DENSE), designer_node(3, MSE)], (1, 2), (2, 3))
    assert not parsed(graph).is_towards_input
    graph["links"].append(designer_link(1, 3, from_pin_index=0, to_pin_index=1))
    assert parsed(graph).is_towards_input


@pytest.mark.parametrize(
    ("uri", "filled"),
    [
        ("synthetic://images", "synthetic://images?target=input"),
        ("synthetic://images?samples=9", "synthetic://images?samples=9&target=input"),
        ("builtin://digits?", "builtin://digits?target=input"),
        ("file:///a.npz?target=b", "file:///a.npz?target=b"),
    ],
)
def test_data_as_target_of_the_loss_asks_the_dataset_for_it_unless_that_says_another(uri: str, filled: str) -> None:
    graph = designer_graph([designer_node(1, INPUT), designer_node(2, DENSE), designer_node(3, MSE)], (1, 2), (2, 3))
    graph["links"].append(designer_link(1, 3, from_pin_index=0, to_pin_index=1))
    assert job_spec_from_mapping(a_job(model=graph, dataset=uri)).dataset == filled


@pytest.mark.parametrize(
    "shape", ["[28, 28]", "28,28,1", "[1, 28, 28]", "[-1, 28, 28, 1]", "(None, 28, 28, 1)", [-1, 28, 28, 1]]
)
def test_an_image_may_be_declared_in_any_usual_way(shape: object) -> None:
    nodes = [designer_node(1, INPUT) | {"parameters": {"input_shape": shape}}, designer_node(2, DENSE, units="10")]
    assert planned(designer_graph(nodes, (1, 2)), (28, 28, 1)) == ((10,), 7850)


def test_a_dense_end_is_given_the_shape_of_the_image_it_is_compared_with() -> None:
    job = a_job(model={"layers": [32, 64]}, dataset="builtin://digits?target=input")
    checked = check_job_spec(job_spec_from_mapping(job))
    assert checked.summary is not None
    assert checked.summary[-1].output_shape == (8, 8, 1)


def test_a_warm_up_lasts_an_epoch_or_what_it_says() -> None:
    def says(**written: str) -> dict[str, str]:
        nodes = [designer_node(1, INPUT), designer_node(2, DENSE), designer_node(3, 69, **written)]
        return dict(parsed(designer_graph(nodes, (1, 2))).job_settings)

    assert says() == {"warmup_epochs": "1"}
    assert says(warmup_epochs="3") == {"warmup_epochs": "3"}
    assert says(warmup_steps="30") == {"warmup_steps": "30"}
