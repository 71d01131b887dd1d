"""Reads layers in a row: `{"layers": [...]}` of objects, or of the widths of dense layers with ReLU between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.did_you_mean import did_you_mean, quoted
from shared.model_definition.chain import chain_of, check_number_of_nodes
from shared.model_definition.find_kind import find_kind
from shared.model_definition.graph import LayerNode, ModelGraph, Shape
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.refusal import NamesInUse, node_label, refusal
from shared.model_definition.short_form import width_from, widths_as_layers
from shared.strict_values import real_from

_TOP_KEYS = ("layers", "architecture", "type", "name", "description", "version", "framework", "input_shape")
_PARAMETER_DICTS = ("parameters", "params", "config")
_SEQUENTIAL_WORDS = frozenset({"mlp", "sequential", "custom"})


def layers_in_a_row(definition: Mapping[str, object]) -> ModelGraph:
    """The graph of a definition whose `layers` are a list.

    Raises:
        InvalidField: for anything that is not such a list, naming the layer by its place (from 0) and name.
    """
    _check_top_keys(definition)
    layers = _layers_list(definition["layers"])
    starts_with_input_width = _is_mlp(definition)
    if any(_is_width(layer) for layer in layers):
        layers, input_shape = _dense_layers(layers, starts_with_input_width=starts_with_input_width)
    else:
        input_shape = None
    written_shape = read_parameters(INPUT, {"shape": definition.get("input_shape")}, "input_shape")["shape"]
    return _chain(layers, written_shape if isinstance(written_shape, tuple) else input_shape)


def _check_top_keys(definition: Mapping[str, object]) -> None:
    for key in definition:
        if key not in _TOP_KEYS:
            hint = did_you_mean(key, _TOP_KEYS) or "; training settings belong in the job, beside the model"
            raise refusal(f"unknown key {quoted(key)} beside layers{hint}")
    for key in ("architecture", "type"):
        word = definition.get(key)
        if word is not None and str(word).lower() not in _SEQUENTIAL_WORDS:
            raise refusal(f"{key} {quoted(word)} does not go with a list of layers; leave it out, or say MLP")


def _layers_list(layers: object) -> list[object]:
    if not isinstance(layers, list):
        raise refusal(f"layers must be a list of layers, got {quoted(layers)}")
    if not layers:
        raise refusal("layers is empty; give at least one layer")
    check_number_of_nodes(len(layers))
    return layers


def _is_mlp(definition: Mapping[str, object]) -> bool:
    return str(definition.get("architecture", "")).lower() == "mlp"


def _is_width(layer: object) -> bool:
    """Whether a layer is written as a number; a designer makes text of every number."""
    try:
        real_from(layer)
    except ValueError:
        return False
    return True


def _dense_layers(layers: Sequence[object], *, starts_with_input_width: bool) -> tuple[list[object], Shape | None]:
    for place, layer in enumerate(layers):
        if not _is_width(layer):
            raise refusal(f"layers[{place}] must be a layer's width where others are widths, got {quoted(layer)}")
    widths = [width_from(width, f"layers[{place}]") for place, width in enumerate(layers)]
    if not starts_with_input_width:
        return list(widths_as_layers(widths, "relu", "linear")), None
    if len(widths) == 1:
        raise refusal("layers with architecture MLP starts with the input's width; give at least one more width")
    return list(widths_as_layers(widths[1:], "relu", "linear")), (widths[0],)


def _chain(layers: Sequence[object], input_shape: Shape | None) -> ModelGraph:
    names = NamesInUse()
    nodes: list[LayerNode] = []
    for place, layer in enumerate(layers):
        node, said_shape = _node(place, layer, names)
        if node.kind == INPUT.name and place > 0:
            raise refusal(f"{node_label(node.node_id, node.name)} is an input; only the first layer can be one")
        input_shape = said_shape or input_shape
        nodes.append(node)
    return chain_of(nodes, input_shape)


def _node(place: int, layer: object, names: NamesInUse) -> tuple[LayerNode, Shape | None]:
    node_id = str(place)
    if not isinstance(layer, dict):
        raise refusal(f"layer {node_id} must be an object with a type, got {quoted(layer)}")
    kind = find_kind(layer.get("type"), f"layer {node_id}")
    name = names.name_for(kind.name, node_id, layer.get("name"))
    label = node_label(node_id, name)
    written = _written_parameters(layer, label)
    said_shape = _first_layer_shape(written, label) if place == 0 and kind is not INPUT else None
    parameters = read_parameters(kind, written, label)
    if kind is INPUT and isinstance(shape := parameters["shape"], tuple):
        said_shape = shape
    return LayerNode(node_id, name, kind.name, parameters, ()), said_shape


def _written_parameters(layer: Mapping[str, object], label: str) -> dict[str, object]:
    written = {key: value for key, value in layer.items() if key not in {"type", "name", *_PARAMETER_DICTS}}
    for key in _PARAMETER_DICTS:
        inner = layer.get(key) or {}
        if not isinstance(inner, dict):
            raise refusal(f"{label}: {key} must be an object, got {quoted(inner)}")
        if twice := written.keys() & inner.keys():
            raise refusal(f"{label} says {min(twice)} twice; keep one")
        written.update(inner)
    return written


def _first_layer_shape(written: dict[str, object], label: str) -> Shape | None:
    if "input_shape" not in written:
        return None
    shape = read_parameters(INPUT, {"shape": written.pop("input_shape")}, label)["shape"]
    return shape if isinstance(shape, tuple) else None
