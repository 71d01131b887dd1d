"""The state of a recurrent layer: how it is drawn, who reads it whole, and who reads the hidden half of it."""

from typing import Any

import pytest

from tests.shared.definitions import (
    designer_graph,
    designer_link,
    designer_node,
    node,
    parsed,
    planned,
    refusal_of,
    row,
)

SEQUENCE = (12, 6)
DENSE, LSTM, GRU, ADD, INPUT = 0, 17, 18, 47, 77


def pair(code: int, *links: dict[str, Any], **first: str) -> dict[str, Any]:
    """Two recurrent layers of 8 units over one input, the second of which gives its sequence."""
    nodes = [
        designer_node(1, INPUT),
        designer_node(2, code, "first", units="8", **first),
        designer_node(3, code, "second", units="8", return_sequences="true"),
    ]
    graph = designer_graph(nodes, (1, 2))
    graph["links"] += [designer_link(1, 3, from_pin_index=0, to_pin_index=0), *links]
    return graph


def part(pin: int) -> dict[str, Any]:
    return designer_link(2, 3, from_pin_index=pin, to_pin_index=pin)


def opaque(pin: int) -> dict[str, Any]:
    return designer_link(2, 3, from_pin=pin, to_pin=30 + pin)


@pytest.mark.parametrize(
    ("code", "links"),
    [
        (LSTM, [part(1), part(2)]),
        (LSTM, [opaque(21), opaque(22)]),
        (LSTM, [designer_link(2, 3, from_pin_index=0, to_pin_index=1)]),
        (GRU, [part(1)]),
        (GRU, [opaque(21)]),
    ],
)
def test_a_state_is_one_value_however_its_parts_are_linked(code: int, links: list[dict[str, Any]]) -> None:
    graph = parsed(pair(code, *links, return_state="true"))
    assert node(graph, "3").inputs == ("1", "2")
    assert planned(pair(code, *links, return_state="true"), SEQUENCE)[0] == (12, 8)


@pytest.mark.parametrize(
    ("links", "words"),
    [
        ([part(1), part(2)], "node 2 (first) hands its state on, but has return_state=false"),
        ([part(2)], "reads pin 2 of node 2 (first)"),
        ([part(1)], "reads pin 1 of node 2 (first)"),
    ],
)
def test_half_a_state_or_one_that_is_not_returned_is_refused(links: list[dict[str, Any]], words: str) -> None:
    is_returned = len(links) == 1
    assert words in refusal_of(pair(LSTM, *links, return_state=str(is_returned)))


def test_a_layer_that_is_no_recurrence_reads_the_hidden_state_alone() -> None:
    layers = ({"type": "lstm", "units": 8, "return_state": True}, {"type": "dense", "units": 4})
    assert planned(row(*layers), SEQUENCE) == ((4,), 4 * 8 * (6 + 8 + 1) + 8 * 4 + 4)
    assert planned(row(layers[0]), SEQUENCE)[0] == (8,)


def test_both_kinds_of_readers_are_served_by_one_layer() -> None:
    graph = pair(LSTM, part(1), part(2), return_state="true")
    graph["nodes"] += [
        designer_node(4, DENSE, units="3"),
        designer_node(5, 8, "pooled"),
        designer_node(6, DENSE, units="3"),
        designer_node(7, ADD),
    ]
    graph["links"] += [designer_link(*ends) for ends in ((2, 4), (3, 5), (5, 6), (4, 7), (6, 7))]
    first, second = (4 * 8 * (6 + 8 + 1) for _ in range(2))
    assert planned(graph, SEQUENCE) == ((3,), first + second + 2 * (8 * 3 + 3))
    assert node(parsed(graph), "4").inputs == ("2:hidden",)
