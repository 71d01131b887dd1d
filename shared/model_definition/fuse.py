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


def fuse_loss(graph: ModelGraph, loss: Loss, place: int = 0) -> tuple[ModelGraph, Loss]:
    """The graph without a last activation that the loss computes better itself, and the loss that does so.

    Args:
        graph: the model.
        loss: of the output at `place`.
        place: which of the graph's outputs.
    """
    fused = fuse_final_activation(graph, loss, place)
    return (graph, loss) if fused is graph else (fused, _LOSS_WITH_ACTIVATION.get(loss, loss))


def fuse_final_activation(graph: ModelGraph, loss: Loss, place: int = 0) -> ModelGraph:
    """The graph without a last softmax or sigmoid that the loss brings along; the same graph where there is none.

    A last activation node goes, or the `activation` of a last layer becomes `linear`. Does nothing a second time, and
    nothing to an activation that other layers read too, whose output then is what comes before it where that can be.
    """
    activation = _ACTIVATION_INSIDE.get(loss)
    if activation is None:
        return graph
    last = next(node for node in graph.nodes if node.node_id == graph.outputs[place])
    is_read = any(last.node_id in node.inputs for node in graph.nodes)
    if last.kind == activation:
        kept = tuple(node for node in graph.nodes if node is not last or is_read)
        outputs = (*graph.outputs[:place], *last.inputs, *graph.outputs[place + 1 :])
        return replace(graph, nodes=kept, outputs=outputs)
    if is_read:
        return graph
    if last.kind not in _ACTIVATION_IN_RECURRENCE and last.parameters.get("activation") == activation:
        return replace(graph, nodes=tuple(_linear(node) if node is last else node for node in graph.nodes))
    return graph


def _linear(node: LayerNode) -> LayerNode:
    return replace(node, parameters={**node.parameters, "activation": "linear"})
