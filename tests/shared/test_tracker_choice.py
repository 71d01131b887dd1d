"""What a job may say of trackers, and what it may not."""

from __future__ import annotations

import pytest

from shared.errors import InvalidField
from shared.job_config import config_from_job_spec, job_spec_from_config
from shared.job_spec import JobSpec, content_digest, job_spec_from_mapping, spec_from_json, spec_to_json
from shared.tracker_choice import TrackerChoice, tracker_choice_from_value


def a_spec(trackers: object = None) -> JobSpec:
    mapping: dict[str, object] = {"model": {"layers": [64, 10]}, "dataset": "builtin://digits"}
    return job_spec_from_mapping(mapping if trackers is None else {**mapping, "trackers": trackers})


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ({}, TrackerChoice()),
        ({"tensorboard": True}, TrackerChoice(tensorboard=True)),
        ({"mlflow": False}, TrackerChoice(mlflow=False)),
        ({"mlflow": {"experiment": "digits"}}, TrackerChoice(mlflow=True, mlflow_experiment="digits")),
        ({"mlflow": {}, "tensorboard": False}, TrackerChoice(mlflow=True, tensorboard=False)),
    ],
)
def test_a_job_file_says_which_and_under_what_name(said: object, choice: TrackerChoice) -> None:
    spec = a_spec(said)
    assert spec.trackers == choice
    assert spec_from_json(spec_to_json(spec)) == spec
    assert job_spec_from_config(config_from_job_spec(spec)).trackers == choice


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"mlflow": {"tracking_uri": "http://169.254.169.254/"}}, "trackers.mlflow.tracking_uri"),
        ({"mlflow": "http://169.254.169.254/"}, "trackers.mlflow"),
        ({"tensorboard": "/etc"}, "trackers.tensorboard"),
        ({"tensorboard": {"dir": "/etc"}}, "trackers.tensorboard"),
        ({"wandb": True}, "trackers.wandb"),
        ({"mlflow": {"experiment": "a\nb"}}, "trackers.mlflow.experiment"),
        ({"mlflow": {"experiment": 7}}, "trackers.mlflow.experiment"),
        (["mlflow"], "trackers"),
    ],
)
def test_a_job_cannot_say_where(said: object, field: str) -> None:
    with pytest.raises(InvalidField) as refusal:
        tracker_choice_from_value(said)
    assert refusal.value.field == field


def test_a_job_that_says_nothing_keeps_the_digest_it_had_before_there_were_trackers() -> None:
    assert content_digest(a_spec()) == content_digest(a_spec({}))
    assert content_digest(a_spec()) != content_digest(a_spec({"tensorboard": True}))
