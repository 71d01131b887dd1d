"""A model file that somebody deploys: weights in safetensors beside their definition, or an ONNX file.

An ONNX file becomes our own layers where they can say it, else it is run as is. Nothing is uploaded here; what is to be
uploaded is a file that it names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from cyxwiz.job_file import read_job_file, with_model_file
from cyxwiz.onnx_start import WEIGHTS_FILE, with_onnx_model
from shared.errors import InvalidField, NotSupported
from shared.model_definition.canonical_text import canonical_text_from
from shared.pb import deployment_pb2

ONNX_SUFFIX = ".onnx"
WEIGHTS_SUFFIX = ".safetensors"

Definition = Mapping[str, object] | Path | str
"""A model as a job has it under `model`, or the path of a job file or of a model file."""


def is_model_file(model: str) -> bool:
    """Tell a file from a job."""
    return model.endswith((ONNX_SUFFIX, WEIGHTS_SUFFIX))


def model_from_file(
    path: Path, folder: Path, definition: Definition | None = None
) -> tuple[deployment_pb2.ModelInfo, Path]:
    """Return the model without its `source_url`, and the file whose URI that is to be.

    Args:
        path: the file.
        folder: an empty one, for weights.
        definition: what the weights are of; an ONNX file has its own.

    Raises:
        InvalidField: a file is not there, or of another kind; weights have no definition.
    """
    if not is_model_file(path.name):
        what = f"a job, a {WEIGHTS_SUFFIX} file or an {ONNX_SUFFIX} file"
        raise InvalidField(f"what is deployed is {what}, got {path.name[:100]!r}", field="model")
    if not path.is_file():
        raise InvalidField(f"there is no file {path}", field="model")
    if path.suffix == ONNX_SUFFIX:
        refuse_definition(definition, "an ONNX file")
        return _from_onnx(path, folder)
    if definition is None:
        raise InvalidField(
            f"weights do not say what model they are of: give the job file of {path.name[:100]} as well "
            "(--definition FILE, or definition= in Python)",
            field="definition",
        )
    text = canonical_text_from(_defined(definition))
    info = deployment_pb2.ModelInfo(format=deployment_pb2.MODEL_FORMAT_SAFETENSORS, model_definition=text)
    return info, path


def refuse_definition(definition: Definition | None, source: str) -> None:
    """Refuse a definition beside a model that has its own.

    Raises:
        InvalidField: there is one.
    """
    if definition is not None:
        raise InvalidField(f"{source} has its own definition: leave definition out", field="definition")


def _from_onnx(path: Path, folder: Path) -> tuple[deployment_pb2.ModelInfo, Path]:
    try:
        made = with_onnx_model({"model": {"onnx": str(path)}}, folder)
    except (NotSupported, InvalidField):
        # Operators that our layers do not have, or no package to read them with: a node's onnxruntime may know them.
        return deployment_pb2.ModelInfo(format=deployment_pb2.MODEL_FORMAT_ONNX), path
    definition = json.dumps(made["model"])
    info = deployment_pb2.ModelInfo(format=deployment_pb2.MODEL_FORMAT_SAFETENSORS, model_definition=definition)
    return info, folder / WEIGHTS_FILE


def _defined(definition: Definition) -> object:
    if isinstance(definition, Mapping):
        return with_model_file({"model": definition}, Path())["model"]
    said = read_job_file(Path(definition))
    # A model file holds what a job file has under `model`.
    return said.get("model", said)
