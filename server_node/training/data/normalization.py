"""Scaling inputs by the numbers of the training examples: each feature, or each channel, by itself.

What is read for a finished model is scaled as its own training examples were.

Sums are taken in float64 block by block, in the same order whether the data are mapped or in memory.
"""

from __future__ import annotations

from typing import assert_never

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset import Inputs
from server_node.training.data.dataset_form import Scale
from server_node.training.data.room import Room, blocks
from shared.dataset_options import FileOptions, Normalization
from shared.errors import BadData
from shared.trained_on import TrainedOn

Features = npt.NDArray[np.float64]
Scaled = tuple[Inputs, Scale | None]


def normalized(name: str, inputs: Inputs, train_examples: int, options: FileOptions, room: Room) -> Scaled:
    """Give the inputs, scaled as asked, in place where the array may be written, and the scale; None for none.

    Raises:
        BadData: for tokens, which have no scale, and for a finished model that scales another number of features.
    """
    kind = options.normalize
    if kind is Normalization.NONE and not options.model.offset:
        return inputs, None
    if inputs.dtype != np.float32:
        raise BadData(f"{name}: normalize={kind} is for real inputs, these are tokens; leave it out", field="dataset")
    given = _given_scale(name, inputs, options.model) if options.model.offset else None
    offset, width = given or _scale_of(inputs[:train_examples], kind)
    target = inputs if inputs.flags.writeable else room.array(name, inputs.shape, np.float32)
    for part in blocks(inputs.shape[0], inputs[:1].nbytes):
        target[part] = (inputs[part] - offset) / width
    return target, Scale(tuple(offset.tolist()), tuple(width.tolist()))


def _given_scale(name: str, inputs: Inputs, model: TrainedOn) -> tuple[Features, Features]:
    features = inputs.shape[-1]
    if len(model.offset) != features:
        raise BadData(f"{name}: expected {len(model.offset)} features, as the model was trained on, got {features}")
    return np.array(model.offset), np.array(model.width)


def _scale_of(inputs: Inputs, kind: Normalization) -> tuple[Features, Features]:
    match kind:
        case Normalization.STANDARD:
            return _standard(inputs)
        case Normalization.MINMAX:
            return _minmax(inputs)
        case Normalization.NONE:
            return np.zeros(inputs.shape[-1]), np.ones(inputs.shape[-1])
        case _:
            assert_never(kind)


def _standard(inputs: Inputs) -> tuple[Features, Features]:
    features = inputs.shape[-1]
    count, total, squares = inputs.size // features, np.zeros(features), np.zeros(features)
    for part in blocks(inputs.shape[0], inputs[:1].nbytes):
        total += inputs[part].reshape(-1, features).sum(axis=0, dtype=np.float64)
    mean = total / count
    for part in blocks(inputs.shape[0], inputs[:1].nbytes):
        squares += np.square(inputs[part].reshape(-1, features) - mean).sum(axis=0)
    return mean, _without_zeros(np.sqrt(squares / count))


def _minmax(inputs: Inputs) -> tuple[Features, Features]:
    features = inputs.shape[-1]
    lowest, highest = np.full(features, np.inf), np.full(features, -np.inf)
    for part in blocks(inputs.shape[0], inputs[:1].nbytes):
        block = inputs[part].reshape(-1, features)
        lowest, highest = np.minimum(lowest, block.min(axis=0)), np.maximum(highest, block.max(axis=0))
    return lowest, _without_zeros(highest - lowest)


def _without_zeros(width: Features) -> Features:
    return np.where(width > 0, width, 1.0)
