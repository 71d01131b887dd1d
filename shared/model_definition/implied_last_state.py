"""Puts in the step from a sequence to its last position, where one answer is wanted for each example."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from shared.model_definition.graph import LayerNode, ModelGraph, Shape
from shared.model_definition.implied_target_shape import is_in_another_shape, with_target_shape
from shared.model_definition.kinds.last_state import LAST_STATE
from shared.model_definition.sequences import sequence_nodes
from shared.model_definition.shapes import infer_shapes

_EACH_POSITION_ALONE = frozenset({"dense", "dropout", "softmax", "sigmoid", "tanh", "relu", "gelu", "identity"})
"""What computes the same behind the last position as it does before it."""


def with_implied_last_state(
    graph: ModelGraph, input_shape: Shape, target_shape: Shape, *, is_label: bool, place: int = 0
) -> ModelGraph:
    """The graph that answers once for each example, where it gave an answer for every position.

    The added node, `<id>:last_state` after the node that it follows, stands before the last dense layers, so that
    they work on one position only. The graph stays when the data has a target for every position. Implied flattens go
    before. Where answers and targets are the same numbers in another shape, it gives them in the targets' shape.

    Args:
        graph: the model.
        input_shape: one example's input.
        target_shape: one example's target, `()` for a label.
        is_label: whether the target is a class; otherwise it is as many numbers as the model gives.
        place: which of the graph's outputs has this target.
    """
    output = graph.outputs[place]
    answers = infer_shapes(graph, input_shape)[output]
    answers_per_example = 1 if is_label else 0
    if not is_label and is_in_another_shape(answers, target_shape):
        return with_target_shape(graph, output, target_shape)
    if output not in sequence_nodes(graph) or len(answers) != len(target_shape) + answers_per_example + 1:
        return graph
    return _with_node_after(graph, _before_last_layers(graph, place), place)


def _before_last_layers(graph: ModelGraph, place: int) -> LayerNode:
    """Go back from the output over layers that work on each position by itself and have no other readers."""
    by_id = {node.node_id: node for node in graph.nodes}
    readers = Counter(source for node in graph.nodes for source in node.inputs)
    node = by_id[graph.outputs[place]]
    if readers[node.node_id]:
        return node
    while node.kind in _EACH_POSITION_ALONE and readers[node.inputs[0]] == 1 and node.inputs[0] not in graph.outputs:
        node = by_id[node.inputs[0]]
    return node


def _with_node_after(graph: ModelGraph, node: LayerNode, place: int) -> ModelGraph:
    added = LayerNode(f"{node.node_id}:last_state", f"{node.name}_last_state", LAST_STATE.name, {}, (node.node_id,))
    if node.node_id == graph.outputs[place]:
        outputs = (*graph.outputs[:place], added.node_id, *graph.outputs[place + 1 :])
        return replace(graph, nodes=(*graph.nodes, added), outputs=outputs)
    nodes: list[LayerNode] = []
    for one in graph.nodes:
        inputs = tuple(added.node_id if source == node.node_id else source for source in one.inputs)
        nodes.append(replace(one, inputs=inputs))
        if one is node:
            nodes.append(added)
    return replace(graph, nodes=tuple(nodes))
