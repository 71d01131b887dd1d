"""Reads a named architecture, `{"architecture": "resnet", "depth": 18}`: a whole model drawn from its parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from shared.did_you_mean import did_you_mean, quoted
from shared.model_definition.architectures import ARCHITECTURES
from shared.model_definition.architectures.architecture import Architecture
from shared.model_definition.designer_graph import graph_from_drawing
from shared.model_definition.designer_parts import PATTERN_WRITING
from shared.model_definition.graph import ModelGraph
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import type_key

_NOT_PARAMETERS = frozenset({"architecture", "name", "description", "version"})
_PARAMETER_DICTS = ("parameters", "params", "config")
_WITH_DEPTH = re.compile(r"(resnet)[-_ ]?([0-9]{1,4})")
_WRITING = replace(PATTERN_WRITING, is_channels_first=False)
_BY_KEY = {type_key(name): one for one in ARCHITECTURES.values() for name in (one.name, *one.aliases)}


def named_architecture(definition: Mapping[str, object]) -> ModelGraph:
    """The graph of the architecture.

    Raises:
        InvalidField: for an unknown name or parameter, or a value out of range.
    """
    architecture, written = _found(definition["architecture"])
    for key, value in definition.items():
        inner = value if key in _PARAMETER_DICTS else {} if key in _NOT_PARAMETERS else {key: value}
        if not isinstance(inner, Mapping):
            raise refusal(f"{key} must be an object, got {quoted(inner)}")
        if twice := written.keys() & inner.keys():
            raise refusal(f"architecture {architecture.name} says {min(twice)} twice; keep one")
        written.update(inner)
    label = f"architecture {architecture.name}"
    declared = written.get("input_shape")
    if all(spec.name != "input_shape" for spec in architecture.parameters):
        written.pop("input_shape", None)
    graph = graph_from_drawing(architecture.draw(read_parameters(architecture, written, label)).drawing(), _WRITING)
    shape = read_parameters(INPUT, {"shape": declared}, label)["shape"]
    return replace(graph, declared_input_shape=shape if isinstance(shape, tuple) else None)


def _found(name: object) -> tuple[Architecture, dict[str, object]]:
    if not isinstance(name, str):
        raise refusal(f"architecture must be a name such as resnet, got {quoted(name)}")
    with_depth = _WITH_DEPTH.fullmatch(name.strip().lower())
    if with_depth is not None:
        return ARCHITECTURES[with_depth[1]], {"depth": with_depth[2]}
    found = _BY_KEY.get(type_key(name))
    if found is None:
        hint = did_you_mean(name, ARCHITECTURES) or f"; known are {', '.join(ARCHITECTURES)}"
        raise refusal(f"unknown architecture {quoted(name)}{hint}")
    return found, {}
