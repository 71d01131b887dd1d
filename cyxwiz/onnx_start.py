"""A job that begins with an ONNX file: it becomes a definition, and a file of weights to be uploaded before the job.

The file is read on this side only; neither server nor node ever sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cyxwiz.job_file import ONNX_FORM
from shared.did_you_mean import quoted
from shared.errors import InvalidField, NotSupported
from shared.job_spec import ARTIFACT_PREFIX
from shared.safetensors_format import TensorEntry, write_safetensors

WEIGHTS_FILE = "model.safetensors"
FIELD = "model.onnx"
WITHOUT_ONNX = "ONNX files need the package onnx; install it with: pip install 'cyxwiz[onnx]'"


def has_onnx_model(job: Mapping[str, object]) -> bool:
    """Whether the job names an ONNX file as its model."""
    model = job.get("model")
    return isinstance(model, Mapping) and ONNX_FORM in model


def with_onnx_model(job: Mapping[str, object], folder: Path) -> dict[str, object]:
    """The job with definition and weights in place of its ONNX file; the weights lie in `folder` then.

    Raises:
        InvalidField: the file, or what stands beside it, is not taken.
        TooLarge: the file is larger than is taken.
        NotSupported: the package that reads such files is not installed.
    """
    model = job["model"]
    assert isinstance(model, Mapping), "asked by has_onnx_model"
    for key in model:
        if key != ONNX_FORM:
            raise InvalidField(
                f"model has the unknown key {quoted(key)} beside {ONNX_FORM!r}: the file says what the model is",
                field=f"model.{key}",
            )
    name = model[ONNX_FORM]
    if not isinstance(name, str) or not name:
        raise InvalidField(f"model.onnx must be the path of an ONNX file, got {quoted(name)}", field=FIELD)
    if job.get("weights"):
        raise InvalidField(
            "weights stand beside model.onnx; the ONNX file has its own, take one of the two", field=FIELD
        )
    return {**job, **_definition_and_weights(Path(name), folder / WEIGHTS_FILE)}


def _definition_and_weights(path: Path, weights_file: Path) -> dict[str, object]:
    try:
        from cyxwiz.onnx_import.import_model import import_onnx  # noqa: PLC0415  # onnx is an extra
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise NotSupported(WITHOUT_ONNX, field=FIELD) from None
    model = import_onnx(path)
    entries = [
        TensorEntry(name, "F32", array.shape, np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        for name, array in sorted(model.weights.items())
    ]
    written = write_safetensors(weights_file, entries)
    return {"model": model.definition, "weights": f"{ARTIFACT_PREFIX}{written.sha256}"}
