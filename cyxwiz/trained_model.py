"""A trained model as numpy arrays, read from the files of a job's result."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cyxwiz.records import JobInfo, ResultInfo
from shared.errors import NotSupported, OurBug
from shared.safetensors_format import TensorEntry, read_safetensors

WEIGHTS_FILE = "model.safetensors"
DEFINITION_FILE = "model.json"

_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}


Array = np.ndarray[Any, np.dtype[Any]]
"""A weight, of whatever type and shape."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrainedModel(Mapping[str, Array]):
    """What a job that succeeded leaves: a mapping from names to arrays, with what belongs to them.

    Attributes:
        weights: the same arrays by name; the caller owns them.
        definition: the model and what is needed to use its weights.
        result: the scores and the hash of the weights file.
    """

    weights: Mapping[str, Array]
    definition: Mapping[str, Any]
    result: ResultInfo

    @property
    def scores(self) -> Mapping[str, float]:
        """The metrics at the end of the training, such as `test_accuracy`."""
        return self.result.final_metrics

    def save_onnx(self, path: Path | str) -> Path:
        """Write the model as an ONNX file, which needs the extra `onnx`.

        Raises:
            NotSupported: a layer has no form in ONNX, or the package is not installed.
        """
        from cyxwiz.onnx_result import save_onnx  # noqa: PLC0415  # that file imports this one

        return save_onnx(self.definition, self.weights, Path(path))

    def __getitem__(self, name: str) -> Array:
        return self.weights[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.weights)

    def __len__(self) -> int:
        return len(self.weights)

    def __repr__(self) -> str:
        arrays = ", ".join(f"{name} {array.shape} {array.dtype}" for name, array in self.weights.items())
        return f"TrainedModel({len(self)} array{'s' if len(self) != 1 else ''}: {arrays})"


def read_trained_model(folder: Path, info: JobInfo) -> TrainedModel:
    """Return the model whose files lie in `folder`."""
    if info.result is None:
        raise OurBug(f"job {info.job_id} succeeded and has no result")
    definition = json.loads((folder / DEFINITION_FILE).read_text(encoding="utf-8"))
    return TrainedModel(weights=read_weights(folder / WEIGHTS_FILE), definition=definition, result=info.result)


def read_weights(path: Path) -> dict[str, Array]:
    """Return the arrays of a weights file by name, copied out of it."""
    return {entry.name: _array(entry) for entry in read_safetensors(path).values()}


def _array(entry: TensorEntry) -> Array:
    if entry.dtype == "BF16":
        # numpy has no such type; the upper half of a float32 is what a bfloat16 is.
        halves = np.frombuffer(entry.data, dtype="<u2").astype(np.uint32)
        return (halves << 16).view(np.float32).reshape(entry.shape)
    if entry.dtype not in _DTYPES:
        raise NotSupported(f"array {entry.name} has the type {entry.dtype}, which numpy has no word for")
    # A copy, since the mapped file is gone when the caller looks.
    return np.frombuffer(entry.data, dtype=_DTYPES[entry.dtype]).reshape(entry.shape).copy()
