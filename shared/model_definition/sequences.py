"""Which layers of a graph pass sequences on: what no node says and its neighbours decide.

A recurrent layer without a written `return_sequences` passes its sequence to what reads sequences, and its last state
to everything else. A dense layer works at every position of a sequence that recurrent layers, attention or
transformers gave, and of anything that such a layer reads behind it; elsewhere it is fed a vector.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shared.model_definition.graph import LayerNode, ModelGraph

RECURRENT_KINDS = frozenset({"rnn", "lstm", "gru", "bidirectional"})
_GIVING_SEQUENCES = frozenset(
    {
        "time_distributed",
        "multi_head_attention",
        "self_attention",
        "cross_attention",
        "linear_attention",
        "transformer_encoder",
        "transformer_decoder",
    }
)
_READING_SEQUENCES = frozenset(
    {
        *_GIVING_SEQUENCES,
        "positional_encoding",
        "last_state",
        "conv1d",
        "max_pool1d",
        "avg_pool1d",
        "adaptive_avg_pool",
        "global_max_pool",
        "global_avg_pool",
    }
)
_MERGES = frozenset({"add", "multiply", "average", "concatenate"})
_EACH_POSITION = frozenset(
    {
        *("dense", "dropout", "batch_norm", "layer_norm", "group_norm", "instance_norm"),
        *("relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "swish", "mish", "sigmoid", "tanh", "softmax"),
        *("identity", "positional_encoding"),
    }
)
"""Kinds that give a sequence exactly when they are fed one."""


def resolve_return_sequences(graph: ModelGraph) -> ModelGraph:
    """The graph in which every recurrent layer says whether it returns sequences; what is written stays."""
    if all(node.parameters.get("return_sequences", False) is not None for node in graph.nodes):
        return graph
    leading = _leading_to_readers(graph, given=_giving(graph))
    return replace(graph, nodes=tuple(_resolved(node, leading[node.node_id]) for node in graph.nodes))


def _resolved(node: LayerNode, is_read_as_sequence: bool) -> LayerNode:
    if node.kind not in RECURRENT_KINDS or node.parameters["return_sequences"] is not None:
        return node
    return replace(node, parameters={**node.parameters, "return_sequences": is_read_as_sequence})


def sequence_nodes(graph: ModelGraph) -> frozenset[str]:
    """The ids of the nodes that give a sequence some layer has made, the dense layers among its readers included."""
    return frozenset(_giving(graph))


def positionwise_dense(graph: ModelGraph) -> frozenset[str]:
    """The ids of the dense layers that work at every position; the others are fed vectors."""
    giving = _giving(graph)
    leading = _leading_to_readers(graph, giving)
    dense = (node.node_id for node in graph.nodes if node.kind == "dense")
    return frozenset(node_id for node_id in dense if node_id in giving or leading[node_id])


def _giving(graph: ModelGraph) -> set[str]:
    giving: set[str] = set()
    for node in graph.nodes:
        if _gives_itself(node) or (node.kind in _EACH_POSITION | _MERGES and not giving.isdisjoint(node.inputs)):
            giving.add(node.node_id)
    return giving


def _gives_itself(node: LayerNode) -> bool:
    return node.kind in _GIVING_SEQUENCES or (
        node.kind in RECURRENT_KINDS and node.parameters["return_sequences"] is True
    )


def _leading_to_readers(graph: ModelGraph, given: set[str]) -> Mapping[str, bool]:
    """Say of every node whether something reads it as a sequence, directly or behind layers that keep positions."""
    leading = dict.fromkeys((node.node_id for node in graph.nodes), False)
    for reader in reversed(graph.nodes):
        for pin, source in enumerate(reader.inputs):
            leading[source] |= _reads_sequence(reader, pin, leading[reader.node_id], given)
    return leading


def _reads_sequence(reader: LayerNode, pin: int, leads_on: bool, given: set[str]) -> bool:
    if reader.kind in RECURRENT_KINDS:
        return pin == 0
    if reader.kind in _MERGES:
        return leads_on or not given.isdisjoint(reader.inputs)
    return reader.kind in _READING_SEQUENCES or (reader.kind in _EACH_POSITION and leads_on)
