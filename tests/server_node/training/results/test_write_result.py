"""The result's files: everything that is needed to use the weights without us."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from server_node.training.api import TrainingEnvironment, write_result
from shared.safetensors_format import read_safetensors
from tests.server_node.training.builders import CNN, MLP, a_job, finished, resident_source

DIGITS = "builtin://digits"


def test_the_three_files_hold_what_they_say(environment: TrainingEnvironment, tmp_path: Path) -> None:
    spec = a_job(CNN, DIGITS, batch_size=256, epochs=2, validation_split=0.1)
    result = finished(spec, environment).result()
    files = write_result(result, spec.model_definition, tmp_path / "result")

    assert [file.path.name for file in files] == ["model.safetensors", "model.json", "metrics.json"]
    for file in files:
        content = file.path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert len(content) == file.size_bytes
    saved = read_safetensors(files[0].path)
    assert {name: entry.shape for name, entry in saved.items()} == {
        name: array.shape for name, array in result.weights.items()
    }
    model, metrics = (json.loads(file.path.read_text()) for file in files[1:])
    assert model["definition"] == json.loads(spec.model_definition)
    assert model["input_shape"] == [8, 8, 1]
    assert set(model["weights"]) == set(saved)
    assert [row["epoch"] for row in metrics["history"]] == [1, 2]
    assert metrics["final"] == result.final_metrics


def test_the_weights_file_is_read_by_the_reference_library(environment: TrainingEnvironment, tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    spec = a_job(MLP)
    result = finished(spec, environment).result()
    write_result(result, spec.model_definition, tmp_path)
    loaded = library.load_file(tmp_path / "model.safetensors")
    assert set(loaded) == set(result.weights)
    for name, array in result.weights.items():
        np.testing.assert_array_equal(loaded[name], array)


def test_the_weights_give_the_reported_accuracy_in_plain_numpy(
    environment: TrainingEnvironment, tmp_path: Path
) -> None:
    prepared = finished(a_job(MLP, DIGITS, batch_size=64, epochs=5), environment)
    weights, source = prepared.result().weights, resident_source(prepared)
    test = prepared.setup.splits.test
    images, labels = np.asarray(source.inputs)[test].reshape(-1, 64), np.asarray(source.targets)[test]
    hidden = np.maximum(images @ weights["dense_1.kernel"] + weights["dense_1.bias"], 0)
    logits = hidden @ weights["dense_2.kernel"] + weights["dense_2.bias"]
    accuracy = float(np.mean(logits.argmax(axis=1) == labels))
    assert prepared.result().final_metrics["test_accuracy"] == pytest.approx(accuracy)
