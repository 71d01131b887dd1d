"""Builders of model definitions and job mappings for tests of what both sides share."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from shared.errors import InvalidField
from shared.model_definition.graph import LayerNode, ModelGraph
from shared.model_definition.parse import parse_model_definition


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
