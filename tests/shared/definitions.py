"""Builders of model definitions and job mappings for tests of what both sides share."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from shared.errors import InvalidField
from shared.model_definition.graph import LayerNode, ModelGraph, Shape
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.parse import parse_model_definition
from shared.model_definition.shapes import summarize


def parsed(definition: Mapping[str, Any]) -> ModelGraph:
    return parse_model_definition(json.dumps(definition))


def row(*layers: Mapping[str, Any] | str | int, **beside: Any) -> dict[str, Any]:
    """Layers in a row; a string is a layer of that type with its defaults."""
    return {"layers": [{"type": layer} if isinstance(layer, str) else layer for layer in layers], **beside}


def node(graph: ModelGraph, node_id: str) -> LayerNode:
    return next(node for node in graph.nodes if node.node_id == node_id)


def refusal_of(definition: Mapping[str, Any]) -> str:
    """The sentence with which a definition is refused."""
    with pytest.raises(InvalidField) as caught:
        parsed(definition)
    assert caught.value.field == "model_definition"
    return str(caught.value)


def designer_node(node_id: int, code: int, name: str = "", **parameters: str) -> dict[str, Any]:
    """A node as the designer saves it: string values, and places on the canvas that mean nothing to us."""
    return {
        "id": node_id,
        "type": code,
        "name": name,
        "parameters": parameters,
        "pos_x": 120.5,
        "pos_y": 40.0,
        "inputs": [{"id": node_id * 10, "name": "Input"}],
    }


def designer_link(source: int, target: int, **pins: int) -> dict[str, Any]:
    return {"id": 9_000 + source * 100 + target, "from_node": source, "to_node": target, "link_type": 0, **pins}


def designer_graph(nodes: list[dict[str, Any]], *pairs: tuple[int, int]) -> dict[str, Any]:
    return {
        "version": "1.0",
        "framework": 0,
        "nodes": nodes,
        "links": [
            designer_link(source, target, from_pin=source * 10 + 1, to_pin=target * 10) for source, target in pairs
        ],
    }


def a_job(**changes: Any) -> dict[str, Any]:
    """A job file's mapping that is accepted; a change to None leaves the key out."""
    job = {"model": {"layers": [64, 10]}, "dataset": "builtin://digits", "epochs": 2, **changes}
    return {key: value for key, value in job.items() if value is not None}


def planned(definition: Mapping[str, Any], input_shape: Shape) -> tuple[Shape, int]:
    """What the model gives for one example, and how many parameters it has."""
    graph = with_implied_flatten(parsed(definition), input_shape)
    rows = summarize(graph, input_shape)
    output = next(row for row in rows if row.node_id == graph.outputs[0])
    return output.output_shape, sum(row.parameters for row in rows)


def pattern(
    nodes: Mapping[str, tuple[str, Mapping[str, Any]]], *links: tuple[str, str], **parameters: Any
) -> dict[str, Any]:
    """A pattern of the library: nodes by id with type and params, and parameters with their defaults."""
    return {
        "id": "a-pattern",
        "name": "A pattern",
        "category": "test",
        "parameters": [
            {"name": name, "type": _type_word(value), "default_value": value} for name, value in parameters.items()
        ],
        "template": {
            "nodes": [{"id": node_id, "type": kind, "params": params} for node_id, (kind, params) in nodes.items()],
            "links": [{"from": source, "to": target} for source, target in links],
        },
    }


def _type_word(value: object) -> str:
    return {bool: "bool", int: "int", float: "float"}.get(type(value), "string")
