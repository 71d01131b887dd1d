"""Layers one after the other as a graph, with an input in front when none is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.errors import TooLarge
from shared.model_definition.graph import LayerNode, ModelGraph, Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.refusal import FIELD, node_label, refusal

MAX_NODES = 10_000
INPUT_ID = "input"


def chain_of(nodes: Sequence[LayerNode], input_shape: Shape | None) -> ModelGraph:
    """The graph in which every node feeds the next; inputs written in the nodes are replaced."""
    check_number_of_nodes(len(nodes))
    first = () if nodes[0].kind == INPUT.name else (input_node(input_shape),)
    linked: list[LayerNode] = []
    for node in (*first, *nodes):
        _check_takes_one(node)
        linked.append(replace(node, inputs=(linked[-1].node_id,) if linked else ()))
    if len(linked) == 1:
        raise refusal("the model has an input and no layers; give at least one layer")
    return ModelGraph(tuple(linked), (linked[-1].node_id,), declared_input_shape=input_shape)


def input_node(shape: Shape | None) -> LayerNode:
    """The input that a definition without one means."""
    return LayerNode(INPUT_ID, INPUT_ID, INPUT.name, {"shape": shape}, ())


def _check_takes_one(node: LayerNode) -> None:
    kind, label = KINDS[node.kind], node_label(node.node_id, node.name)
    if kind.least_inputs > 1:
        raise refusal(f"{label} takes {kind.least_inputs} inputs or more; layers in a row have one, draw a graph")
    if kind.most_inputs == 0:
        raise refusal(f"{label} takes no input; in layers in a row each feeds the next, draw a graph")


def check_number_of_nodes(count: int) -> None:
    """Refuses definitions of more than `MAX_NODES` nodes with `TooLarge`."""
    if count > MAX_NODES:
        raise TooLarge(f"a model may have at most {MAX_NODES} nodes, got {count}", field=FIELD)
