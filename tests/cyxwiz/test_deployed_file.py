"""Model files that are deployed: what is sent beside them, and what is refused before anything is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cyxwiz.deployed_file import Definition, model_from_file
from shared.errors import InvalidField
from shared.pb import deployment_pb2


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"whatever")
    return path


@pytest.mark.parametrize("form", ["mapping", "job file", "model file"])
def test_what_weights_are_of_comes_from_a_mapping_a_job_file_or_a_model_file(
    form: str, weights: Path, tmp_path: Path
) -> None:
    model = {"layers": [16, 10]}
    file = tmp_path / "said.yaml"
    file.write_text(json.dumps({"model": model, "dataset": "builtin://digits"} if form == "job file" else model))
    definition: Definition = model if form == "mapping" else file
    info, path = model_from_file(weights, tmp_path, definition)
    assert (json.loads(info.model_definition), path) == (model, weights)
    assert info.format == deployment_pb2.MODEL_FORMAT_SAFETENSORS


@pytest.mark.parametrize(
    ("name", "definition", "sentence"),
    [
        ("weights.safetensors", None, "weights do not say what model they are of"),
        ("weights.pt", None, "a job, a .safetensors file or an .onnx file"),
        ("missing.safetensors", {"layers": [1]}, "there is no file"),
        ("model.onnx", {"layers": [1]}, "has its own definition"),
    ],
)
def test_a_file_that_cannot_be_deployed_is_refused_before_it_is_uploaded(
    name: str, definition: Definition | None, sentence: str, tmp_path: Path
) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_bytes(b"whatever")
    with pytest.raises(InvalidField, match=sentence):
        model_from_file(tmp_path / name, tmp_path, definition)
