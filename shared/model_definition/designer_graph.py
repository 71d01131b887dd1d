"""Reads a designer graph, `{"nodes": [...], "links": [...]}`; templates of patterns go the same way."""

from __future__ import annotations

from collections.abc import Mapping

from shared.model_definition.chain import input_node
from shared.model_definition.designer_inputs import InputSays, inputs_say
from shared.model_definition.designer_links import Feed
from shared.model_definition.designer_output import output_width
from shared.model_definition.designer_parts import (
    DESIGNER_WRITING,
    DesignerNode,
    Writing,
    designer_links,
    designer_nodes,
)
from shared.model_definition.designer_settings import job_settings_from
from shared.model_definition.designer_wiring import Wiring, wiring_of
from shared.model_definition.find_kind import find_kind
from shared.model_definition.graph import LayerNode, ModelGraph, ParameterValue
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.kinds.reshape import CHANNELS_FIRST
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.refusal import NamesInUse, refusal
from shared.model_definition.split_parts import with_split_parts

_NOT_LINKS = ("edges", "connections", "wires")
_CHANNELS_FIRST_IN_PATTERNS = frozenset({"reshape", "view"})


def designer_graph(definition: Mapping[str, object]) -> ModelGraph:
    """The checked graph and job settings of a designer graph.

    Raises:
        InvalidField: for anything that is unknown, not offered yet, or not wired to one model.
    """
    return graph_from_drawing(definition, DESIGNER_WRITING)


def graph_from_drawing(drawing: Mapping[str, object], writing: Writing) -> ModelGraph:
    """The same of any drawing; raises as `designer_graph` does."""
    _check_links_are_links(drawing)
    nodes = designer_nodes(drawing["nodes"], writing)
    # Settings first: they refuse doubled data nodes, so that following links through data nodes stays short.
    settings = job_settings_from(nodes.values())
    wiring = wiring_of(nodes, designer_links(drawing.get("links"), nodes, writing))
    drawn = [nodes[node_id] for node_id in wiring.order]
    said = inputs_say([node for node in drawn if node.type_name == INPUT.name], writing)
    graph = ModelGraph(
        nodes=_layer_nodes(drawn, wiring, said, writing),
        outputs=_sources(wiring.outputs),
        job_settings={**said.settings, **settings},
        declared_input_shape=said.shape,
        declared_output_width=None if wiring.said_of_outputs else output_width(nodes.values()),
        is_towards_input=wiring.is_towards_input,
        said_of_outputs=wiring.said_of_outputs,
    )
    return with_split_parts(graph, wiring)


def _check_links_are_links(drawing: Mapping[str, object]) -> None:
    other = next((key for key in _NOT_LINKS if drawing.get(key)), None)
    if drawing.get("links") is None and other is not None:
        raise refusal(f"the graph has {other}, which is not read; write them as links, each with from_node and to_node")


def _layer_nodes(drawn: list[DesignerNode], wiring: Wiring, said: InputSays, writing: Writing) -> tuple[LayerNode, ...]:
    names = NamesInUse()
    layers = [] if wiring.unfed is None else [input_node(None)]
    for node in drawn:
        kind = find_kind(node.type_name, node.label)
        name = names.name_for(kind.name, node.node_id, node.name)
        parameters = said.parameters.get(node.node_id)
        if parameters is None:
            parameters = _parameters(node, f"node {node.node_id} ({name})", writing)
        inputs = _sources(wiring.feeds[node.node_id])
        if node.node_id == wiring.unfed:
            inputs = (layers[0].node_id,)
        layers.append(LayerNode(node.node_id, name, kind.name, parameters, inputs))
    return tuple(layers)


def _sources(feeds: tuple[Feed, ...]) -> tuple[str, ...]:
    return tuple(feed.source for feed in feeds)


def _parameters(node: DesignerNode, label: str, writing: Writing) -> dict[str, ParameterValue]:
    kind = find_kind(node.type_name, node.label)
    parameters = read_parameters(kind, node.parameters, label)
    # Written dimensions of a pattern's Reshape are (channels, height, width); TensorReshape has them last anywhere.
    if writing.is_channels_first and kind.name in _CHANNELS_FIRST_IN_PATTERNS:
        return {**parameters, "layout": CHANNELS_FIRST}
    return parameters
