"""A model file that somebody deploys: an ONNX file becomes our own layers where they can say it, else it is run as is.

It uploads nothing; what is to be uploaded is a file that it names.
"""

from __future__ import annotations

import json
from pathlib import Path

from cyxwiz.onnx_start import WEIGHTS_FILE, with_onnx_model
from shared.errors import InvalidField, NotSupported
from shared.pb import deployment_pb2

ONNX_SUFFIX = ".onnx"


def is_model_file(model: str) -> bool:
    """Tell a file from a job."""
    return model.endswith(ONNX_SUFFIX)


def model_from_file(path: Path, folder: Path) -> tuple[deployment_pb2.ModelInfo, Path]:
    """Return the model without its `source_url`, and the file whose URI that is to be.

    Args:
        path: the ONNX file.
        folder: an empty one, for weights.

    Raises:
        InvalidField: the file is not there, or of another kind.
    """
    if path.suffix != ONNX_SUFFIX:
        raise InvalidField(f"what is deployed is a job or an ONNX file, got {path.name[:100]!r}", field="model")
    if not path.is_file():
        raise InvalidField(f"there is no file {path}", field="model")
    try:
        made = with_onnx_model({"model": {"onnx": str(path)}}, folder)
    except (NotSupported, InvalidField):
        # Operators that our layers do not have, or no package to read them with: a node's onnxruntime may know them.
        return deployment_pb2.ModelInfo(format=deployment_pb2.MODEL_FORMAT_ONNX), path
    definition = json.dumps(made["model"])
    info = deployment_pb2.ModelInfo(format=deployment_pb2.MODEL_FORMAT_SAFETENSORS, model_definition=definition)
    return info, folder / WEIGHTS_FILE
