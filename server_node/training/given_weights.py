"""The model that a job begins with: freshly drawn from its seed, or read from the weights of another job's result.

Such weights also say what they take the numbers of data to mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from server_node.training.layers.layer import FloatArray, HostArrays
from server_node.training.models.network import Network, initial_weights, weight_names
from server_node.training.tensors import arrays_from_entries
from shared.errors import BadData, UserMistake
from shared.safetensors_format import read_safetensors
from shared.trained_on import TrainedOn, trained_on_from

HostModel = tuple[tuple[HostArrays, ...], tuple[HostArrays, ...]]
FIELD = "weights_uri"


def first_model(network: Network, seed: int, weights: Path | None) -> HostModel:
    """Give weights and statistics by layer.

    Args:
        network: the model.
        seed: of fresh weights.
        weights: a `model.safetensors` of the same model; None for fresh weights.

    Raises:
        BadData: the file cannot be read, or is of another model.
    """
    drawn = initial_weights(network, seed)
    if weights is None:
        return drawn
    arrays = _arrays(weights)
    _check_names(network, drawn, arrays)
    learned, observed = (_given(network, part, arrays) for part in drawn)
    return learned, observed


def trained_on_of(weights: Path) -> TrainedOn:
    """Return what a `model.safetensors` says of the data that it was trained on.

    Raises:
        BadData: the file cannot be read.
    """
    with _readable():
        return trained_on_from(read_safetensors(weights).metadata)


def _arrays(path: Path) -> Mapping[str, FloatArray]:
    with _readable():
        return arrays_from_entries(read_safetensors(path))


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (OSError, UserMistake, KeyError, ValueError) as error:
        raise BadData(f"the given weights cannot be read: {error}", field=FIELD) from error


def _check_names(network: Network, drawn: HostModel, arrays: Mapping[str, FloatArray]) -> None:
    wanted = {
        f"{layer}.{name}"
        for part in drawn
        for layer, found in zip(weight_names(network), part, strict=True)
        for name in found
    }
    if wanted != set(arrays):
        missing, unknown = sorted(wanted - set(arrays)), sorted(set(arrays) - wanted)
        raise BadData(
            f"the given weights are of another model: missing are {missing[:3]}, unknown are {unknown[:3]}", field=FIELD
        )


def _given(network: Network, drawn: tuple[HostArrays, ...], arrays: Mapping[str, FloatArray]) -> tuple[HostArrays, ...]:
    return tuple(
        {name: _checked(f"{layer}.{name}", array, arrays) for name, array in found.items()}
        for layer, found in zip(weight_names(network), drawn, strict=True)
    )


def _checked(name: str, wanted: FloatArray, arrays: Mapping[str, FloatArray]) -> FloatArray:
    given = arrays[name]
    if given.shape != wanted.shape or given.dtype != wanted.dtype:
        raise BadData(
            f"the given weights are of another model: {name} must be {wanted.shape} {wanted.dtype}, "
            f"got {given.shape} {given.dtype}",
            field=FIELD,
        )
    if not np.isfinite(given).all():
        raise BadData(f"the given weights hold NaN or infinity in {name}", field=FIELD)
    return given
