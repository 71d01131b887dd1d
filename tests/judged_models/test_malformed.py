"""A drawing that cannot be trained is refused in one clear sentence that names the place; nothing ever crashes."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from shared.errors import CyxWizError
from shared.model_definition.parse import parse_model_definition
from tests.shared.definitions import planned

VECTOR = (12,)


def _node(node_id: Any, code: Any, name: str = "", **parameters: Any) -> dict[str, Any]:
    return {"id": node_id, "type": code, "name": name, "parameters": parameters}


def _link(start: Any, end: Any, **pins: Any) -> dict[str, Any]:
    return {"from_node": start, "to_node": end, **pins}


NODES = [_node(1, 77, "data"), _node(2, 0, "hidden", units="8"), _node(3, 0, "last", units="3")]
LINKS = [_link(1, 2), _link(2, 3)]


def _graph(*more_nodes: dict[str, Any], links: Any = None) -> dict[str, Any]:
    return {"nodes": [*NODES, *more_nodes], "links": LINKS if links is None else links}


def _one(code: Any, **parameters: Any) -> dict[str, Any]:
    return {"nodes": [NODES[0], _node(2, code, "it", **parameters)], "links": [_link(1, 2)]}


def _chain(nodes: int) -> dict[str, Any]:
    return {
        "nodes": [{"id": place, "type": 77 if place == 1 else 29} for place in range(1, nodes + 1)],
        "links": [_link(place, place + 1) for place in range(1, nodes)],
    }


_ADD = _node(4, 47, "sum")
_FIRST_PINS = {"from_pin_index": 0, "to_pin_index": 0}
_GAN = {
    "nodes": [_node(1, 77, "noise"), _node(2, 0, "G"), _node(3, 77, "real"), _node(4, 0, "D")],
    "links": [_link(1, 2), _link(3, 4)],
}
_GAN_WITH_LOSSES = {
    "nodes": [*_GAN["nodes"], _node(5, 53, "lossG"), _node(6, 53, "lossD")],
    "links": [*_GAN["links"], _link(2, 5), _link(4, 6)],
}
DRAWINGS: list[tuple[str, dict[str, Any], str]] = [
    ("cycle", _graph(_ADD, links=[*LINKS, _link(2, 4), _link(4, 3), _link(3, 4)]), "a cycle through node 3 (last)"),
    ("self_loop", _graph(links=[*LINKS, _link(2, 2)]), "a cycle through node 2 (hidden)"),
    ("into_input", _graph(links=[*LINKS, _link(3, 1)]), "a cycle through node 1 (data)"),
    ("dangling_end", _graph(links=[*LINKS, _link(2, 99)]), "from node 2 to node 99 names no node"),
    ("dangling_start", _graph(links=[*LINKS, _link(99, 2)]), "from node 99 to node 2 names no node"),
    ("twice_an_id", _graph(_node(2, 0, "again")), "node id 2 is there twice"),
    ("unlinked_layer", _graph(_node(4, 0, "alone")), "node 4 (alone) has nothing linked to its input"),
    ("no_links", _graph(links=[]), "node 3 (last) has nothing linked to its input"),
    ("edges", {"nodes": NODES, "edges": LINKS}, "edges, which is not read; write them as links"),
    (
        "leads_nowhere",
        _graph(_node(4, 0, "side"), _node(5, 50, "out"), links=[*LINKS, _link(1, 4), _link(3, 5)]),
        "node 4 (side) does not lead to node 3 (last)",
    ),
    ("two_into_one_layer", _graph(links=[*LINKS, _link(1, 3)]), "node 3 (last) takes one input"),
    (
        "two_into_one_port",
        _graph(links=[_link(1, 2), _link(2, 3, **_FIRST_PINS), _link(1, 3, **_FIRST_PINS)]),
        "node 3 (last) takes one input",
    ),
    ("one_into_a_merge", _graph(_ADD, links=[*LINKS, _link(3, 4)]), "node 4 (sum) takes 2 inputs or more, got 1"),
    (
        "shapes_that_differ",
        _graph(_ADD, links=[*LINKS, _link(2, 4), _link(3, 4)]),
        "(sum) cannot merge inputs of shapes",
    ),
    ("an_image_wanted", _one(2), "(it) expects images of shape (height, width, channels), got (12,)"),
    ("a_sequence_wanted", _one(17), "(it) expects a sequence"),
    ("heads_that_leave_a_rest", _one(23, embed_dim="12", num_heads="5"), "(it) "),
    ("groups_that_leave_a_rest", _one(12, num_groups="5"), "(it) has num_groups=5"),
    ("numbers_that_do_not_fit", _one(40, shape="[5, 5]"), "(it) cannot give (12,), 12 numbers"),
    (
        "no_such_pin",
        _graph(links=[_link(1, 2, from_pin_index=7, to_pin_index=0), _link(2, 3)]),
        "reads pin 7 of node 1",
    ),
    (
        "no_such_pin_of_a_layer",
        _graph(links=[_link(1, 2), _link(2, 3, from_pin_index=4, to_pin_index=0)]),
        "reads pin 4 of node 2",
    ),
    (
        "labels_into_a_layer",
        _graph(links=[_link(1, 2, from_pin_index=1, to_pin_index=0), _link(2, 3)]),
        "labels (pin 1)",
    ),
    (
        "loss_into_a_layer",
        _graph(_node(4, 52, "loss"), _node(5, 0, "after"), links=[*LINKS, _link(3, 4), _link(4, 5)]),
        "node 5 (after) has nothing linked to its input",
    ),
    ("two_optimizers", _graph(_node(4, 60, "adam"), _node(5, 59, "sgd")), "node 4 (adam) and node 5 (sgd) both say"),
    ("adversaries", _GAN, "two models against each other"),
    ("adversaries_with_losses", _GAN_WITH_LOSSES, "two models against each other"),
    (
        "two_keys_of_parameters",
        {"nodes": [{**NODES[1], "params": {"units": 9}}], "links": []},
        "node 2 has parameters and",
    ),
    ("only_data", {"nodes": NODES[:1], "links": []}, "the graph has no layers"),
    ("no_nodes", {"nodes": [], "links": []}, "nodes must be a list of at least one node"),
    ("nodes_of_another_type", {"nodes": {}, "links": []}, "nodes must be a list"),
    ("a_node_of_another_type", {"nodes": [3], "links": []}, "nodes[0] must be an object"),
    ("links_of_another_type", _graph(links={"a": 1}), "links must be a list"),
    ("a_link_of_another_type", _graph(links=[5]), "links[0] must be an object"),
    ("an_id_of_another_type", {"nodes": [_node(1.5, 77)], "links": []}, "nodes[0].id must be a node's id"),
    ("an_id_that_is_text", {"nodes": [_node("abc", 77)], "links": []}, "nodes[0].id must be a node's id"),
    ("a_pin_of_another_type", _graph(links=[_link(1, 2, from_pin_index="x"), _link(2, 3)]), "links[0].from_pin_index"),
    (
        "a_negative_pin",
        _graph(links=[_link(1, 2, from_pin_index=-1), _link(2, 3)]),
        "links[0].from_pin_index must be >= 0",
    ),
    (
        "parameters_of_another_type",
        {"nodes": [{"id": 2, "type": 0, "parameters": [1]}]},
        "node 2: parameters must be an",
    ),
    ("no_units", _one(0, units="0"), "node 2 (it): units must be >= 1"),
    ("negative_units", _one(0, units="-1"), "node 2 (it): units must be >= 1"),
    ("units_without_bound", _one(0, units="9" * 5_000), "node 2 (it): units must be a whole number"),
    ("units_too_many", _one(0, units="1000000000"), "node 2 (it): units must be >= 1 and <= "),
    ("half_a_unit", _one(0, units="8.5"), "node 2 (it): units must be a whole number"),
    ("units_in_a_list", _one(0, units=[8]), "node 2 (it): units must be a whole number"),
    ("units_that_nest", _one(0, units=[[[[[1]]]]]), "node 2 (it): units must be a whole number"),
    ("no_number", _one(14, rate="NaN"), "node 2 (it): rate must be a finite number"),
    ("endless_number", _one(14, rate="inf"), "node 2 (it): rate must be a finite number"),
    ("a_rate_of_one", _one(14, rate="1.0"), "node 2 (it): rate must be"),
    ("layers_without_bound", _one(26, num_layers="1000000000"), "num_layers must be >= 1 and <= 1000"),
    ("a_huge_embedding", _one(21, vocab_size="2147483647", embedding_dim="1000000"), "more than the 1000000000000"),
    (
        "a_huge_example",
        {
            "nodes": [
                _node(1, 0, "a", units="1000000"),
                _node(2, 43, "b"),
                _node(3, 20, "c", units="1000000"),
                _node(4, 41, "d", dims="[0, 2, 1]"),
                _node(5, 20, "e", units="1000000"),
            ],
            "links": [_link(i, i + 1) for i in range(1, 5)],
        },
        "make it smaller",
    ),
    ("many_dimensions", _one(40, shape=str([1] * 5_000)), "shape must be a whole number or a list"),
    ("an_unknown_parameter", _one(0, unitz="8"), "unknown parameter 'unitz' of dense, did you mean units?"),
    ("a_name_that_moves_the_cursor", {"nodes": [_node(2, 0, "a\nb")]}, "the name of node 2 must be printable text"),
    ("a_name_without_end", {"nodes": [_node(2, 0, "a" * 100_000)]}, "the name of node 2 must be printable text"),
    ("too_many_nodes", _chain(100_000), "at most 10000 nodes, got 100000"),
    ("too_many_layers", {"layers": [{"type": "relu"}] * 100_000}, "at most 10000 nodes, got 100000"),
    ("too_many_widths", {"layers": [8] * 100_000}, "at most 10000 nodes, got 100000"),
    (
        "too_many_hidden",
        {"type": "mlp", "input_size": 1, "output_size": 1, "hidden_layers": [8] * 100_000},
        "10000 nodes",
    ),
    ("too_many_links", _graph(links=LINKS * 60_000), "at most 100000 links"),
    (
        "a_state_not_returned",
        {
            "nodes": [*NODES[:1], _node(2, 17, "reader"), _node(3, 17, "writer")],
            "links": [
                _link(1, 2),
                _link(1, 3, to_pin_index=0),
                _link(2, 3, from_pin_index=1, to_pin_index=1),
                _link(2, 3, from_pin_index=2, to_pin_index=2),
            ],
        },
        "node 2 (reader) hands its state on",
    ),
    ("pattern_without_nodes", {"template": {"links": []}}, "template has no nodes"),
    ("pattern_of_another_type", {"template": 3}, "template must be an object"),
    ("pattern_place_unknown", {"template": {"nodes": [{"id": "a", "type": "$kind"}]}}, "$kind is no parameter"),
    (
        "pattern_value_missing",
        {
            "parameters": [{"name": "n", "type": "int"}],
            "template": {"nodes": [{"id": "a", "type": "Dense", "params": {"units": "$n"}}]},
        },
        "pattern parameter n has no default",
    ),
    (
        "pattern_value_too_great",
        {
            "parameters": [{"name": "n", "type": "int", "default_value": "9", "max_value": "8"}],
            "template": {"nodes": []},
        },
        "pattern parameter n must be <= 8",
    ),
    (
        "pattern_that_fills_itself",
        {
            "parameters": [{"name": "n", "default_value": "x" * 1_000}],
            "template": {"nodes": [{"id": "a", "type": "Dense", "name": "$n$n" * 100_000}]},
        },
        "",
    ),
]
TEXTS: list[tuple[str, str, str]] = [
    ("nothing", "", "the model definition is empty"),
    ("half", "{", "the model definition is not JSON"),
    ("a_list", "[]", "must be a JSON object, got a list"),
    ("null", "null", "must be a JSON object, got null"),
    ("no_number", '{"layers": [NaN]}', "holds NaN, which is not a number JSON knows"),
    ("endless", '{"layers": [1e999]}', "too large for a number"),
    ("digits", '{"nodes": [{"id": 1' + "0" * 100_000 + ', "type": 0}]}', "too large for a whole number"),
    ("deep_lists", '{"nodes": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested deeper than 32 levels"),
    ("deep_objects", '{"nodes": ' + '{"a": ' * 5_000 + "1" + "}" * 5_000 + "}", "nested deeper than 32 levels"),
    ("a_key_twice", '{"nodes": [], "nodes": [1]}', "has the key 'nodes' twice"),
    ("half_a_character", '{"nodes": [{"id": 1, "type": "\\ud800"}]}', "half a character"),
    ("megabytes", '{"layers": ["' + "x" * 9_000_000 + '"]}', "must be at most 8388608 bytes"),
]
LONGEST_SECONDS = 20


@pytest.mark.parametrize(("drawing", "words"), [case[1:] for case in DRAWINGS], ids=[case[0] for case in DRAWINGS])
def test_a_malformed_drawing_is_refused_in_one_sentence(drawing: dict[str, Any], words: str) -> None:
    with pytest.raises(CyxWizError) as caught:
        planned(drawing, VECTOR)
    _assert_clear(str(caught.value), words)


@pytest.mark.parametrize(("text", "words"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
def test_a_text_that_is_no_drawing_is_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(CyxWizError) as caught:
        parse_model_definition(text)
    _assert_clear(str(caught.value), words)


def test_the_largest_chain_is_read_in_seconds() -> None:
    started = time.monotonic()
    assert planned(_chain(10_000), VECTOR) == (VECTOR, 0)
    assert time.monotonic() - started < LONGEST_SECONDS


def _assert_clear(sentence: str, words: str) -> None:
    assert words in sentence
    assert sentence.isprintable()
    assert len(sentence) < 1_000
    assert json.dumps(sentence)
