"""Who reads the whole state of an LSTM that returns it: only a recurrent layer that starts from it.

Such a layer gives its hidden and its cell state side by side. Whatever else reads it, and whoever asks the model for
its output, wants the hidden state alone, as of an LSTM that returns no state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from shared.model_definition.graph import LayerNode, ModelGraph
from shared.model_definition.kinds.recurrent_form import Cell, bidirectional_form, recurrent_form
from shared.model_definition.kinds.split import SPLIT
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.sequences import RECURRENT_KINDS

_STATE_PLACE = 1


def with_states_where_read(graph: ModelGraph) -> ModelGraph:
    """The graph in which a state goes whole to the layers that start from it, and its hidden half to all others."""
    giving = {node.node_id for node in graph.nodes if _gives_cell_state(node)}
    if not giving:
        return graph
    started_from = {source for node in graph.nodes for source in _states_read(node)}
    halved = {node_id: f"{node_id}:hidden" for node_id in giving & started_from}
    nodes = tuple(added for node in graph.nodes for added in _resolved(node, giving - started_from, halved))
    outputs = tuple(halved.get(output, output) for output in graph.outputs)
    return replace(graph, nodes=_without_unread(nodes, outputs), outputs=outputs)


def _gives_cell_state(node: LayerNode) -> bool:
    if node.kind == "bidirectional":
        return bidirectional_form(node.parameters).gives_cell_state
    return node.kind == "lstm" and recurrent_form(Cell.LSTM, node.parameters).gives_cell_state


def _states_read(node: LayerNode) -> tuple[str, ...]:
    return node.inputs[_STATE_PLACE:] if node.kind in RECURRENT_KINDS else ()


def _resolved(node: LayerNode, unread: set[str], halved: dict[str, str]) -> Iterable[LayerNode]:
    states = _states_read(node)
    others = node.inputs[: len(node.inputs) - len(states)]
    inputs = (*(halved.get(source, source) for source in others), *states)
    parameters = {**node.parameters, "return_state": False} if node.node_id in unread else node.parameters
    yield replace(node, inputs=inputs, parameters=parameters)
    if node.node_id in halved:
        name = f"{node.name}_hidden"
        half = read_parameters(SPLIT, {"parts": 2}, name)
        yield LayerNode(halved[node.node_id], name, SPLIT.name, half, (node.node_id,))


def _without_unread(nodes: tuple[LayerNode, ...], outputs: tuple[str, ...]) -> tuple[LayerNode, ...]:
    """The nodes without hidden halves that nobody reads."""
    read = {source for node in nodes for source in node.inputs} | set(outputs)
    return tuple(node for node in nodes if node.node_id in read or not node.node_id.endswith(":hidden"))
