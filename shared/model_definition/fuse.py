"""A softmax or sigmoid in front of its loss is computed inside the loss, once: here it is taken out of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.hyperparameter_names import Loss
from shared.model_definition.graph import LayerNode, ModelGraph

_ACTIVATION_INSIDE: Mapping[Loss, str] = {
    Loss.CROSS_ENTROPY: "softmax",
    Loss.NLL: "softmax",
    Loss.BCE: "sigmoid",
    Loss.BCE_WITH_LOGITS: "sigmoid",
}
_LOSS_WITH_ACTIVATION: Mapping[Loss, Loss] = {Loss.NLL: Loss.CROSS_ENTROPY, Loss.BCE: Loss.BCE_WITH_LOGITS}


_ACTIVATION_IN_RECURRENCE = frozenset({"rnn", "lstm", "gru", "bidirectional"})
"""Here the activation is part of every step, not the last thing done to the output."""


def fuse_loss(graph: ModelGraph, loss: Loss) -> tuple[ModelGraph, Loss]:
    """The graph without a last activation that the loss computes better itself, and the loss that does so."""
    fused = fuse_final_activation(graph, loss)
    return (graph, loss) if fused is graph else (fused, _LOSS_WITH_ACTIVATION.get(loss, loss))


def fuse_final_activation(graph: ModelGraph, loss: Loss) -> ModelGraph:
    """The graph without a last softmax or sigmoid that the loss brings along; the same graph where there is none.

    A last activation node goes, or the `activation` of a last layer becomes `linear`. Does nothing a second time.
    """
    activation = _ACTIVATION_INSIDE.get(loss)
    if activation is None:
        return graph
    last = next(node for node in graph.nodes if node.node_id == graph.outputs[0])
    if last.kind == activation:
        kept = tuple(node for node in graph.nodes if node is not last)
        return replace(graph, nodes=kept, outputs=last.inputs)
    if last.kind not in _ACTIVATION_IN_RECURRENCE and last.parameters.get("activation") == activation:
        return replace(graph, nodes=tuple(_linear(node) if node is last else node for node in graph.nodes))
    return graph


def _linear(node: LayerNode) -> LayerNode:
    return replace(node, parameters={**node.parameters, "activation": "linear"})
