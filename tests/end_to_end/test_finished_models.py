"""Evaluating a finished job's model and predicting with it, through the whole system."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import cyxwiz
from cyxwiz.errors import WrongState
from tests.end_to_end.cluster_process import ClusterProcess
from tests.end_to_end.jobs import a_short_job

OTHER_DATA = "synthetic://classification?samples=100&features=8&classes=4&seed=1"


@pytest.fixture(scope="module")
def trained(cluster: ClusterProcess) -> str:
    with cyxwiz.Client(cluster.grpc) as client:
        job = client.submit(a_short_job(hyperparameters={"validation_split": 0.25}))
        job.wait()
        return job.id


def test_an_evaluation_judges_the_weights_on_other_data(client: cyxwiz.Client, trained: str, tmp_path: Path) -> None:
    job = client.submit(job_type="evaluation", model={"job": trained}, dataset=OTHER_DATA, batch_size=32)
    info = job.wait()
    assert info.state == "succeeded", info.error
    assert info.result is not None
    assert {"loss", "accuracy", "f1"} <= set(info.result.final_metrics)
    assert info.result.final_metrics["examples"] == 100
    (file,) = job.download(tmp_path)
    assert json.loads(file.read_text())["final"] == info.result.final_metrics
    with pytest.raises(WrongState, match="trained nothing"):
        job.result()


def test_predictions_come_home_as_arrays(client: cyxwiz.Client, trained: str, tmp_path: Path) -> None:
    job = client.submit(job_type="inference", model={"job": trained}, dataset=OTHER_DATA, batch_size=32)
    assert job.wait().state == "succeeded"
    files = {path.name: path for path in job.download(tmp_path)}
    predictions = np.load(files["predictions.npy"])
    assert predictions.shape == (100, 4)
    np.testing.assert_array_equal(np.load(files["predictions.npz"])["classes"], predictions.argmax(axis=1))


def test_a_training_goes_on_from_a_finished_one_even_when_that_is_deleted(client: cyxwiz.Client, trained: str) -> None:
    second = client.submit(a_short_job(model={"job": trained}, epochs=1))
    second.wait()
    third = client.submit(a_short_job(model={"job": second.id}, epochs=60))
    client.job(second.id).delete()
    assert third.wait().state == "succeeded"
    losses = [client.job(name).metrics()[0].values["loss"] for name in (trained, third.id)]
    assert losses[1] < losses[0]
