"""Reads the designer's short form, `{"type": "mlp", "input_size": 784, "hidden_layers": [256], "output_size": 10}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.did_you_mean import did_you_mean, quoted
from shared.model_definition.chain import chain_of, check_number_of_nodes
from shared.model_definition.graph import LayerNode, ModelGraph
from shared.model_definition.kinds.dense import DENSE, LARGEST_WIDTH
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.refusal import NamesInUse, node_label, refusal
from shared.strict_values import integer_from, integers_from

_KEYS = ("type", "name", "input_size", "output_size", "hidden_layers", "activation", "output_activation")


def short_form(definition: Mapping[str, object]) -> ModelGraph:
    """The dense layers that a short form means.

    Raises:
        InvalidField: for another type than `mlp`, a missing size, or an unknown key.
    """
    if str(definition["type"]).lower() != "mlp":
        raise refusal(f'type must be "mlp", got {quoted(definition["type"])}; other models are written as layers')
    for key in definition:
        if key not in _KEYS:
            raise refusal(f"unknown key {quoted(key)} in the short form{did_you_mean(key, _KEYS)}")
    for key in ("activation", "output_activation"):
        read_parameters(DENSE, {"activation": definition.get(key)}, key)
    widths = [*_hidden_widths(definition.get("hidden_layers")), _size(definition, "output_size")]
    layers = widths_as_layers(
        widths, definition.get("activation", "relu"), definition.get("output_activation", "linear")
    )
    return chain_of(_nodes(layers), (_size(definition, "input_size"),))


def widths_as_layers(widths: Sequence[int], between: object, last: object) -> list[dict[str, Any]]:
    """Dense layers of these widths as a definition writes them, with one activation between them and one at the end."""
    activations = [between] * (len(widths) - 1) + [last]
    return [
        {"type": "dense", "units": width, "activation": activation}
        for width, activation in zip(widths, activations, strict=True)
    ]


def width_from(value: object, place: str) -> int:
    """A layer's width, or the refusal that names its place."""
    expected = f"a whole number from 1 to {LARGEST_WIDTH}"
    try:
        width = integer_from(value)
    except ValueError:
        raise refusal(f"{place} must be {expected}, got {quoted(value)}") from None
    if not 1 <= width <= LARGEST_WIDTH:
        raise refusal(f"{place} must be {expected}, got {width}")
    return width


def _hidden_widths(value: object) -> list[int]:
    if value is None:
        return []
    if isinstance(value, (str, int)):
        return list(_written_widths(value))
    if not isinstance(value, list):
        raise refusal(f"hidden_layers must be a list of widths, got {quoted(value)}")
    check_number_of_nodes(len(value))
    return [width_from(width, f"hidden_layers[{place}]") for place, width in enumerate(value)]


def _written_widths(value: str | int) -> Iterator[int]:
    """Widths in one text, such as `"[256, 128]"`, or one width alone."""
    try:
        widths = integers_from(value)
    except ValueError:
        raise refusal(f"hidden_layers must be a list of widths, got {quoted(value)}") from None
    for place, width in enumerate(widths):
        yield width_from(width, f"hidden_layers[{place}]")


def _size(definition: Mapping[str, object], key: str) -> int:
    if key not in definition:
        raise refusal(f"{key} is missing; the short form needs input_size and output_size")
    return width_from(definition[key], key)


def _nodes(layers: Sequence[Mapping[str, object]]) -> list[LayerNode]:
    names = NamesInUse()
    nodes = []
    for place, layer in enumerate(layers):
        name = names.name_for(DENSE.name, str(place), None)
        written = {"units": layer["units"], "activation": layer["activation"]}
        parameters = read_parameters(DENSE, written, node_label(str(place), name))
        nodes.append(LayerNode(str(place), name, DENSE.name, parameters, ()))
    return nodes
