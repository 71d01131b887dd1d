"""From the files of a job's result to an ONNX file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cyxwiz.onnx_start import WITHOUT_ONNX
from cyxwiz.trained_model import DEFINITION_FILE, WEIGHTS_FILE, Array, read_weights
from shared.atomic_file import atomic_writer
from shared.errors import BadData, NotSupported


def write_onnx_file(folder: Path, output: Path) -> Path:
    """Write the model whose files lie in `folder` as an ONNX file; the path it has then.

    Raises:
        BadData: these are no files of a trained model.
        NotSupported: a layer has no form in ONNX, or the package `onnx` is not installed.
        TooLarge: the weights do not fit into one ONNX file.
    """
    try:
        description = json.loads((folder / DEFINITION_FILE).read_text(encoding="utf-8"))
        weights = read_weights(folder / WEIGHTS_FILE)
    except (OSError, ValueError) as error:
        raise BadData(
            f"{folder} does not hold a trained model, {WEIGHTS_FILE} and {DEFINITION_FILE}: {error}"
        ) from None
    return save_onnx(description, weights, output)


def save_onnx(description: Mapping[str, Any], weights: Mapping[str, Array], output: Path) -> Path:
    """Write a model as an ONNX file; raises as `write_onnx_file` does."""
    try:
        from cyxwiz.onnx_export.export_model import onnx_model_of  # noqa: PLC0415  # onnx is an extra
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise NotSupported(WITHOUT_ONNX) from None
    content = onnx_model_of(description, weights).SerializeToString()
    with atomic_writer(output) as file:
        file.write(content)
    return output
