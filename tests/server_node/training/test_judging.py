"""Evaluations and predictions with a finished job's weights, and trainings that begin from them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server_node.training.api import (
    Judging,
    TrainingEnvironment,
    prepare,
    prepare_judging,
    save_judged,
    train,
    write_judged,
    write_result,
)
from shared.errors import BadData
from shared.job_spec import ARTIFACT_PREFIX, JobSpec
from tests.server_node.training.builders import MLP, a_job, an_environment, finished

DIGITS = "builtin://digits"


class Finished:
    """A finished job, its weights as an artifact, and jobs on them."""

    def __init__(self, folder: Path) -> None:
        self.environment = TrainingEnvironment(
            an_environment().programs, an_environment().datasets, (), lambda sha256: folder / sha256
        )
        layers = (*MLP, {"type": "softmax"})
        self.spec = a_job(layers, DIGITS, batch_size=64, epochs=3, ema_decay=0.5, validation_split=0.1)
        self.run = finished(self.spec, self.environment)
        weights = write_result(self.run.result(), self.spec.model_definition, folder)[0]
        weights.path.rename(folder / weights.sha256)
        self.weights = ARTIFACT_PREFIX + weights.sha256

    def job(self, job_type: str, **changes: Any) -> JobSpec:
        return self.spec.model_copy(update={"job_type": job_type, "weights": self.weights, **changes})

    def judged(self, job_type: str, **changes: Any) -> Judging:
        judging = prepare_judging(self.job(job_type, **changes), self.environment)
        assert list(judging.run())[-1].is_last
        return judging


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return Finished(tmp_path_factory.mktemp("weights"))


def test_an_evaluation_finds_what_the_training_said(done: Finished) -> None:
    metrics, trained = done.judged("evaluation").metrics(), done.run.result().final_metrics
    assert metrics["examples"] == 359
    for name in ("loss", "accuracy", "f1", "top5_accuracy"):
        assert metrics[name] == trained[f"test_{name}"]


def test_predictions_are_what_the_model_says_for_every_example(done: Finished, tmp_path: Path) -> None:
    judging = done.judged("inference")
    predictions = judging.predictions
    assert predictions is not None
    assert predictions.shape == (1797, 10)
    np.testing.assert_allclose(predictions.sum(axis=1), 1.0, rtol=1e-5)  # the softmax is the model's own
    dataset: Any = judging.prepared._parts.dataset
    labels = np.asarray(dataset.source.targets)
    test = judging.prepared.setup.splits.test
    accuracy = np.mean(predictions[test].argmax(axis=1) == labels[test])
    assert accuracy == pytest.approx(done.run.result().final_metrics["test_accuracy"])

    files = write_judged(judging, tmp_path)
    assert [file.path.name for file in files] == ["predictions.npy", "predictions.npz", "metrics.json"]
    np.testing.assert_array_equal(np.load(tmp_path / "predictions.npy"), predictions)
    np.testing.assert_array_equal(np.load(tmp_path / "predictions.npz")["classes"], predictions.argmax(axis=1))
    for file in files:
        assert hashlib.sha256(file.path.read_bytes()).hexdigest() == file.sha256
    assert json.loads((tmp_path / "metrics.json").read_text())["final"] == {"examples": 1797.0}


@pytest.mark.slow
def test_the_batch_size_and_the_chunks_change_no_prediction(done: Finished) -> None:
    whole, single = done.judged("inference"), prepare_judging(done.job("inference"), done.environment)
    list(single.run(chunk_seconds=0.0))
    assert whole.predictions is not None
    assert single.predictions is not None
    np.testing.assert_array_equal(whole.predictions, single.predictions)
    other = done.judged("inference", batch_size=100).predictions
    assert other is not None
    np.testing.assert_allclose(whole.predictions, other, atol=1e-6)


@pytest.mark.parametrize("job_type", ["evaluation", "inference"])
def test_an_interrupted_one_goes_on_where_it_was(done: Finished, tmp_path: Path, job_type: str) -> None:
    whole, broken = done.judged(job_type), prepare_judging(done.job(job_type), done.environment)
    for _, _report in zip(range(3), broken.run(chunk_seconds=0.0), strict=False):
        pass
    save_judged(broken.snapshot(), tmp_path / "c")
    resumed = prepare_judging(done.job(job_type), done.environment, checkpoints=[tmp_path / "c"])

    assert resumed.start_batch == 3
    list(resumed.run())
    assert resumed.metrics() == whole.metrics()
    if whole.predictions is not None:
        np.testing.assert_array_equal(resumed.predictions, whole.predictions)


def test_a_damaged_checkpoint_means_starting_over(done: Finished, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"nonsense")
    assert prepare_judging(done.job("evaluation"), done.environment, checkpoints=[tmp_path / "c"]).start_batch == 0


def test_a_damaged_newest_checkpoint_leaves_the_one_before(done: Finished, tmp_path: Path) -> None:
    broken = prepare_judging(done.job("evaluation"), done.environment)
    next(broken.run(chunk_seconds=0.0))
    save_judged(broken.snapshot(), tmp_path / "older")
    (tmp_path / "newest").write_bytes(b"nonsense")
    paths = [tmp_path / "newest", tmp_path / "older"]
    assert prepare_judging(done.job("evaluation"), done.environment, checkpoints=paths).start_batch == 1


def test_a_training_begins_from_given_weights(done: Finished) -> None:
    fresh = finished(done.spec, done.environment).history[0].values["loss"]
    further = prepare(done.job("training"), done.environment)
    np.testing.assert_array_equal(
        np.asarray(further._state.weights[2]["kernel"]), done.run.result().weights["dense_1.kernel"]
    )
    list(train(further))
    assert further.history[0].values["loss"] < fresh


def test_weights_of_another_model_are_refused(done: Finished) -> None:
    other = a_job([{"type": "dense", "units": 10}], DIGITS).model_copy(
        update={"job_type": "evaluation", "weights": done.weights}
    )
    with pytest.raises(BadData, match="of another model"):
        prepare_judging(other, done.environment)
    missing = done.job("evaluation", weights=ARTIFACT_PREFIX + "0" * 64)
    with pytest.raises(BadData, match="cannot be read"):
        prepare_judging(missing, done.environment)
