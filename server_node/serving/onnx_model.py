"""A model from an ONNX file, run as it is by onnxruntime, which is an extra. It imports nothing into our own layers."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np

from server_node.serving.served_model import ModelFace, Rows, ValueSpec
from shared.errors import BadData, MachineFailure, NotSupported

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(uint8)": np.uint8,
}
_COPIES = 3
"""Of the file: as it was read, as it is run, and what running takes; onnxruntime gives no account of its own."""


class OnnxModel:
    """See `ServedModel`."""

    def __init__(self, session: Any, file_bytes: int) -> None:
        self._session = session
        self.face = ModelFace(
            tuple(_spec(value) for value in session.get_inputs()),
            tuple(_spec(value) for value in session.get_outputs()),
        )
        self.memory_bytes = _COPIES * file_bytes

    def compute(self, inputs: tuple[Rows, ...]) -> tuple[Rows, ...]:
        """Give the outputs of some rows."""
        given = {spec.name: np.ascontiguousarray(rows) for spec, rows in zip(self.face.inputs, inputs, strict=True)}
        try:
            return tuple(self._session.run(None, given))
        except Exception as failure:
            raise MachineFailure(f"onnxruntime could not compute the model: {_line(failure)}") from failure


def load_onnx_model(path: Path, device_id: str, largest_batch: int) -> OnnxModel:
    """Load the file and run it once with a row, and once with the largest batch.

    Raises:
        NotSupported: onnxruntime is not installed here, or cannot run the file.
        BadData: it is no ONNX file.
    """
    try:
        onnxruntime: Any = importlib.import_module("onnxruntime")
    except ImportError:
        raise NotSupported(
            "this ONNX file needs onnxruntime, which is not installed on this node: pip install 'cyxwiz[onnx-serving]'"
        ) from None
    providers = ["CUDAExecutionProvider"] if device_id.startswith("cuda") else []
    usable = [each for each in providers if each in onnxruntime.get_available_providers()]
    try:
        session = onnxruntime.InferenceSession(str(path), providers=[*usable, "CPUExecutionProvider"])
    except Exception as failure:  # noqa: BLE001 - onnxruntime's errors have no common class that it documents
        raise BadData(f"the ONNX file cannot be loaded: {_line(failure)}", field="weights_uri") from None
    model = OnnxModel(session, path.stat().st_size)
    for rows in (1, largest_batch):
        model.compute(tuple(np.zeros((rows, *spec.shape), spec.dtype) for spec in model.face.inputs))
    return model


def _spec(value: Any) -> ValueSpec:
    if value.type not in _TYPES:
        raise NotSupported(f"the ONNX file's {value.name} is a {value.type}; served are {', '.join(_TYPES)}")
    rows, *shape = value.shape or [None]
    if isinstance(rows, int):
        raise NotSupported(
            f"the ONNX file's {value.name} takes exactly {rows} rows; export it with a first axis of any length"
        )
    if not all(isinstance(length, int) for length in shape):
        raise NotSupported(
            f"the ONNX file's {value.name} has the shape {shape}; only its first axis may be of any length"
        )
    return ValueSpec(value.name, tuple(shape), np.dtype(_TYPES[value.type]))


def _line(failure: Exception) -> str:
    return (str(failure).splitlines() or [type(failure).__name__])[0][:300]
