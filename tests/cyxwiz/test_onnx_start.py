"""`model: {onnx: FILE}` in a job file, and a downloaded result written as ONNX."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cyxwiz.job_input import job_spec_from
from cyxwiz.onnx_result import save_onnx, write_onnx_file
from cyxwiz.onnx_start import WEIGHTS_FILE
from cyxwiz.trained_model import read_weights
from shared.errors import BadData, InvalidField
from tests.cyxwiz.onnx_files import a_file, op, weight


def a_job(folder: Path, more: str = "") -> Path:
    model = a_file([op("Gemm", "x w b", "y")], ["n", 8], {"w": weight(8, 4), "b": weight(4)})
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    dataset = "synthetic://classification?samples=100&features=8&classes=4"
    (folder / "job.yaml").write_text(f"model: {{onnx: net.onnx{more}}}\ndataset: {dataset}\n")
    return folder / "job.yaml"


def test_the_job_has_the_file_s_layers_and_names_its_weights(tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.mkdir()
    spec = job_spec_from(a_job(tmp_path), {}, sent)
    assert [node["type"] for node in json.loads(spec.model_definition)["nodes"]] == ["DatasetInput", "dense"]
    weights = read_weights(sent / WEIGHTS_FILE)
    assert sorted(array.shape for array in weights.values()) == [(4,), (8, 4)]
    assert len(spec.weights_sha256) == 64


def test_what_stands_beside_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidField, match="unknown key 'layers' beside 'onnx'"):
        job_spec_from(a_job(tmp_path, ", layers: [3]"), {}, tmp_path)


def test_a_folder_without_a_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="does not hold a trained model"):
        write_onnx_file(tmp_path, tmp_path / "model.onnx")


def test_a_description_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="does not describe a trained model"):
        save_onnx({"layers": []}, {}, tmp_path / "model.onnx")
