"""Datasets handed in as arrays: named by content, uploaded once, refused before anything is sent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cyxwiz
from cyxwiz.array_dataset import DATASET_FILE, with_array_dataset
from cyxwiz.errors import InvalidField
from tests.cyxwiz.scripted_server import Script

X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])
MODEL = {"layers": [4, 2]}


def test_arrays_are_uploaded_by_content_and_the_same_ones_once(server: str, script: Script) -> None:
    with cyxwiz.Client(server) as client:
        for _ in range(2):
            client.submit(model=MODEL, dataset=(X, Y), batch_size=2, epochs=1)
    ((sha256, data),) = script.files.items()
    assert [request.config.dataset_uri for request in script.asked("SubmitJob")] == [f"artifact://sha256:{sha256}"] * 2
    assert script.asked("Upload") == [0]
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        assert {name: stored[name].tolist() for name in stored} == {"x": X.tolist(), "y": Y.tolist()}


def test_a_plan_has_its_data_stored_since_they_say_its_shapes(server: str, script: Script) -> None:
    with cyxwiz.Client(server) as client:
        client.plan(model=MODEL, dataset={"x": X, "y": Y}, batch_size=2, epochs=1)
    (sha256,) = script.files
    assert script.asked("PlanJob")[0].config.dataset_uri == f"artifact://sha256:{sha256}"


def test_the_jobs_of_an_array_share_their_data(server: str, script: Script) -> None:
    with cyxwiz.Client(server) as client:
        job = {"model": MODEL, "batch_size": 2, "epochs": 1, "array": {"epochs": [1, 2]}}
        client.submit_array(job, dataset=(X, Y))
    assert len(script.files) == 1
    assert len({request.config.dataset_uri for request in script.asked("SubmitJob")}) == 1


def test_four_arrays_are_a_training_and_a_validation_part(tmp_path: Path) -> None:
    with_array_dataset({"dataset": (X, Y, X[:2], Y[:2])}, tmp_path)
    with np.load(tmp_path / DATASET_FILE) as stored:
        assert sorted(stored) == ["x_train", "x_val", "y_train", "y_val"]


@pytest.mark.parametrize(
    ("dataset", "field", "sentence"),
    [
        ((X, Y, X), "dataset", "got a tuple of 3"),
        (X, "dataset", "got a ndarray"),
        ({}, "dataset", "got a dict of 0"),
        ({"x y": X}, "dataset", "has the name 'x y'"),
        ({"file": X}, "dataset", "has the name 'file'"),
        ((X, Y[:5]), "dataset.y", "6 examples in x and 5 in y"),
        ((X, np.array(["cat"] * 6)), "dataset.y", "number the classes from 0"),
        ((X, np.array([None] * 6)), "dataset.y", "must be an array of numbers, got one of object"),
        ((X, 3), "dataset.y", "at least one example"),
        (([[1, 2], [3]], Y), "dataset.x", "must be an array of numbers"),
    ],
)
def test_what_is_no_dataset_is_refused_with_its_field(tmp_path: Path, dataset: Any, field: str, sentence: str) -> None:
    with pytest.raises(InvalidField, match=sentence) as refused:
        with_array_dataset({"dataset": dataset}, tmp_path)
    assert refused.value.field == field


def test_wrong_arrays_are_never_sent(server: str, script: Script) -> None:
    with cyxwiz.Client(server) as client, pytest.raises(InvalidField):
        client.submit(model=MODEL, dataset=(X, Y[:1]), batch_size=2, epochs=1)
    assert not script.received
