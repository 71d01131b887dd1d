"""Whatever is drawn is a checked model or is refused in a sentence: nothing else ever comes out."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidField
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.parse import parse_model_definition
from shared.model_definition.shapes import summarize
from shared.model_definition.vocabulary import DESIGNER_NAMES

SHAPES = [(8, 8, 3), (6, 512), (5,), (2, 7)]
CODES = st.integers(0, len(DESIGNER_NAMES) - 1)
PINS = st.none() | st.integers(0, 3)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, Any]:
    count = draw(st.integers(1, 7))
    nodes = [{"id": place, "type": draw(CODES), "parameters": {}} for place in range(count)]
    nodes[0]["type"] = draw(st.sampled_from([77, nodes[0]["type"]]))
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), PINS, PINS)
    links = [
        {"from_node": source, "to_node": target, "from_pin_index": out, "to_pin_index": into}
        for source, target, out, into in draw(st.lists(ends, max_size=12))
    ]
    links += [{"from_node": place, "to_node": place + 1} for place in range(count - 1) if draw(st.booleans())]
    return {"nodes": nodes, "links": links}


def as_pattern(graph: dict[str, Any]) -> dict[str, Any]:
    nodes = [{"id": f"n{n['id']}", "type": DESIGNER_NAMES[n["type"]], "params": {}} for n in graph["nodes"]]
    links = [{"from": f"n{link['from_node']}", "to": f"n{link['to_node']}"} for link in graph["links"]]
    return {"parameters": [], "template": {"nodes": nodes, "links": links}}


@settings(max_examples=200, deadline=None)
@given(graph=graphs(), shape=st.sampled_from(SHAPES), is_pattern=st.booleans())
def test_a_drawing_is_a_model_or_is_refused(graph: dict[str, Any], shape: tuple[int, ...], is_pattern: bool) -> None:
    text = json.dumps(as_pattern(graph) if is_pattern else graph)
    try:
        read = parse_model_definition(text)
        rows = summarize(with_implied_flatten(read, shape), shape)
    except InvalidField as error:
        assert error.field == "model_definition"  # noqa: PT017 - both outcomes are right
        return
    seen: set[str] = set()
    for node in read.nodes:
        assert set(node.inputs) <= seen
        seen.add(node.node_id)
    assert set(read.outputs) <= {row.node_id for row in rows}
    assert rows[-1].node_id in read.outputs
