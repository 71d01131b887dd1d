"""A softmax in front of cross-entropy is computed inside the loss, once: here it is taken out of the graph."""

from __future__ import annotations

from dataclasses import replace

from shared.hyperparameter_names import Loss
from shared.model_definition.graph import LayerNode, ModelGraph


def fuse_final_activation(graph: ModelGraph, loss: Loss) -> ModelGraph:
    """The graph whose output is what the loss wants: logits for cross-entropy, the predictions themselves otherwise.

    A last `softmax` node goes, or the `activation` of a last layer becomes `linear`. Does nothing a second time.
    """
    if loss is not Loss.CROSS_ENTROPY:
        return graph
    last = next(node for node in graph.nodes if node.node_id == graph.outputs[0])
    if last.kind == "softmax":
        kept = tuple(node for node in graph.nodes if node is not last)
        return replace(graph, nodes=kept, outputs=last.inputs)
    if last.parameters.get("activation") == "softmax":
        return replace(graph, nodes=tuple(_linear(node) if node is last else node for node in graph.nodes))
    return graph


def _linear(node: LayerNode) -> LayerNode:
    return replace(node, parameters={**node.parameters, "activation": "linear"})
