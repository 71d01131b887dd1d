"""Reads a designer graph, `{"nodes": [...], "links": [...]}`, whose layers follow one another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from shared.did_you_mean import quoted
from shared.model_definition.chain import chain_of
from shared.model_definition.designer_parts import DesignerNode, designer_links, designer_nodes
from shared.model_definition.designer_settings import job_settings_from
from shared.model_definition.designer_wiring import wiring_of
from shared.model_definition.find_kind import find_kind
from shared.model_definition.graph import LayerNode, ModelGraph, Shape
from shared.model_definition.kinds.dense import LARGEST_WIDTH
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.refusal import NamesInUse, refusal
from shared.model_definition.vocabulary import SettingsRole
from shared.strict_values import integer_from

_DATASET_KEYS = {"dataset_name": "dataset", "dataset": "dataset", "dataset_uri": "dataset", "batch_size": "batch_size"}
_TRAINING_SPLITS = frozenset({"", "train", "training", "all"})
_CLASSES_KEYS = frozenset({"classes", "num_classes", "units"})


def designer_graph(definition: Mapping[str, object]) -> ModelGraph:
    """The checked graph and job settings of a designer graph.

    Raises:
        InvalidField: for anything that is unknown, not offered yet, or not wired to a single chain.
    """
    nodes = designer_nodes(definition["nodes"])
    # Settings first: they refuse doubled data nodes, so that following links through data nodes stays short.
    settings = job_settings_from(nodes.values())
    output_width = _output_width(nodes.values())
    wiring = wiring_of(nodes, designer_links(definition.get("links"), nodes))
    drawn = [nodes[node_id] for node_id in wiring.chain]
    input_shape: Shape | None = None
    if drawn[0].type_name == INPUT.name:
        input_shape, input_settings = _input_says(drawn[0])
        settings = {**input_settings, **settings}
    graph = chain_of(_layer_nodes(drawn), input_shape)
    return replace(graph, job_settings=settings, declared_output_width=output_width)


def _layer_nodes(drawn: Sequence[DesignerNode]) -> list[LayerNode]:
    names = NamesInUse()
    layers = []
    for node in drawn:
        kind = find_kind(node.type_name, node.label)
        name = names.name_for(kind.name, node.node_id, node.name)
        written = {} if kind is INPUT else node.parameters
        parameters = read_parameters(kind, written, f"node {node.node_id} ({name})")
        layers.append(LayerNode(node.node_id, name, kind.name, parameters, ()))
    return layers


def _input_says(node: DesignerNode) -> tuple[Shape | None, dict[str, str]]:
    shape_parameters: dict[str, object] = {}
    settings: dict[str, str] = {}
    for name, value in node.parameters.items():
        if name in _DATASET_KEYS:
            settings[_DATASET_KEYS[name]] = str(value)
        elif name == "split":
            _check_split(node, value)
        elif value != "":
            shape_parameters[name] = value
    shape = read_parameters(INPUT, shape_parameters, node.label)["shape"]
    return shape if isinstance(shape, tuple) else None, {key: value for key, value in settings.items() if value}


def _check_split(node: DesignerNode, value: object) -> None:
    if str(value).lower() not in _TRAINING_SPLITS:
        raise refusal(f"{node.label}: split must be train, got {quoted(value)}; other parts of the data are kept apart")


def _output_width(nodes: Iterable[DesignerNode]) -> int | None:
    outputs = [node for node in nodes if node.role is SettingsRole.OUTPUT]
    if len(outputs) > 1:
        raise refusal(f"{outputs[0].label} and {outputs[1].label}: several outputs are not supported yet")
    widths = {width for node in outputs for width in _widths_said(node)}
    if len(widths) > 1:
        raise refusal(f"{outputs[0].label} says {sorted(widths)} classes; keep one number")
    return next(iter(widths), None)


def _widths_said(node: DesignerNode) -> list[int]:
    for name in node.parameters:
        if name not in _CLASSES_KEYS:
            raise refusal(f"{node.label}: unknown parameter {quoted(name)} of Output; it takes classes")
    return [_width(node, value) for value in node.parameters.values() if value not in {None, ""}]


def _width(node: DesignerNode, value: object) -> int:
    expected = f"a whole number from 1 to {LARGEST_WIDTH}"
    try:
        width = integer_from(value)
    except ValueError:
        raise refusal(f"{node.label}: classes must be {expected}, got {quoted(value)}") from None
    if not 1 <= width <= LARGEST_WIDTH:
        raise refusal(f"{node.label}: classes must be {expected}, got {width}")
    return width
