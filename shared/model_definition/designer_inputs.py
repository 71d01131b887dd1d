"""What the DatasetInputs of a drawing say: the dataset, one example's shape, and which part of it each one reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.did_you_mean import quoted
from shared.model_definition.designer_parts import DesignerNode, Writing
from shared.model_definition.graph import ParameterValue, Shape
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import type_key

_SPLIT = "split"
_DATASET_KEYS = {"datasetname": "dataset", "dataset": "dataset", "dataseturi": "dataset", "batchsize": "batch_size"}
"""As `type_key` compares names."""
_TRAINING_SPLITS = frozenset({"", "train", "training", "all"})
_BATCH_IN_FRONT = re.compile(r"^\s*([\[(]?)\s*(?:-1|None|null)\s*,(?=\s*[0-9])")
_USUAL_CHANNELS = frozenset({1, 3, 4})


@dataclass(frozen=True, slots=True)
class InputSays:
    """What all inputs say together.

    Attributes:
        shape: one example's shape, where it is said; with several inputs their number stands in front.
        settings: what they say about the job.
        parameters: of each input, by node id.
    """

    shape: Shape | None
    settings: Mapping[str, str]
    parameters: Mapping[str, dict[str, ParameterValue]]


def inputs_say(inputs: Sequence[DesignerNode], writing: Writing) -> InputSays:
    """What the inputs say, in the order in which they read the parts of an example.

    Raises:
        InvalidField: for an unknown parameter, or two inputs that do not agree.
    """
    shapes = {node.node_id: _shape(node, writing) for node in inputs}
    settings: dict[str, str] = {}
    for node in inputs:
        for name, value in _settings(node).items():
            if settings.setdefault(name, value) != value:
                raise refusal(
                    f"{node.label} says {name} {quoted(value)}, another input says {quoted(settings[name])}; "
                    "all inputs read parts of one dataset"
                )
    parts = len(inputs)
    parameters: dict[str, dict[str, ParameterValue]] = {
        node.node_id: {"shape": shapes[node.node_id]} for node in inputs
    }
    if parts > 1:
        for part, node in enumerate(inputs):
            parameters[node.node_id] |= {"part": part, "parts": parts}
    return InputSays(_common_shape(inputs, shapes), settings, parameters)


def _common_shape(inputs: Sequence[DesignerNode], shapes: Mapping[str, Shape | None]) -> Shape | None:
    said = {shape for shape in shapes.values() if shape is not None}
    if len(said) > 1:
        names = " and ".join(f"{node.label} {shapes[node.node_id]}" for node in inputs[:3])
        raise refusal(f"the inputs have different shapes, {names}; the parts of one dataset have one shape")
    if len(inputs) < 2 or not said:
        return next(iter(said), None)
    return (len(inputs), *next(iter(said)))


def _shape(node: DesignerNode, writing: Writing) -> Shape | None:
    written = {
        name: _without_batch(value)
        for name, value in node.parameters.items()
        if type_key(name) not in {*_DATASET_KEYS, _SPLIT} and value != ""
    }
    shape = read_parameters(INPUT, written, node.label)["shape"]
    if not isinstance(shape, tuple):
        return None
    return _channels_last(shape) if writing.is_channels_first else shape


def _without_batch(written: object) -> object:
    """A shape without the -1, or None, that stands in front for the batch."""
    if isinstance(written, list):
        return written[1:] if len(written) > 1 and written[0] in (None, -1, "-1") else written
    return _BATCH_IN_FRONT.sub(r"\1", written) if isinstance(written, str) else written


def _channels_last(shape: Shape) -> Shape:
    is_turned = len(shape) == 3 and shape[0] in _USUAL_CHANNELS and shape[2] not in _USUAL_CHANNELS
    return (*shape[1:], shape[0]) if is_turned else shape


def _settings(node: DesignerNode) -> dict[str, str]:
    said = {type_key(name): value for name, value in node.parameters.items()}
    if str(said.get(_SPLIT, "")).lower() not in _TRAINING_SPLITS:
        raise refusal(
            f"{node.label}: split must be train, got {quoted(said[_SPLIT])}; other parts of the data are kept apart"
        )
    settings = {_DATASET_KEYS[key]: str(value) for key, value in said.items() if key in _DATASET_KEYS}
    return {name: value for name, value in settings.items() if value}
