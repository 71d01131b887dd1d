"""Records made again from what this program stored are those that were stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.errors import InvalidField
from shared.hyperparameter_names import Loss, Optimizer, Precision, Schedule
from shared.hyperparameters import Hyperparameters
from shared.job_spec import JobSpec, Resources, Retry, spec_as_stored
from shared.tracker_choice import TrackerChoice
from shared.trusted_models import trusted

_TEXT = st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=8)

_SPECS = st.builds(
    JobSpec,
    name=_TEXT,
    user_id=_TEXT.filter(bool),
    job_type=st.sampled_from(["training", "evaluation", "inference"]),
    model_definition=st.just('{"layers":[10]}'),
    dataset=st.just("builtin://digits"),
    batch_size=st.integers(1, 2**31 - 1),
    hyperparameters=st.builds(
        Hyperparameters,
        optimizer=st.sampled_from(Optimizer),
        schedule=st.sampled_from(Schedule),
        loss=st.none() | st.sampled_from(Loss),
        precision=st.sampled_from(Precision),
        learning_rate=st.floats(1e-300, 1e6),
        gradient_clip_norm=st.none() | st.floats(1e-6, 1e30),
        seed=st.integers(0, 2**63 - 1),
        augment=st.sampled_from(["", "flip", "flip,crop,noise"]),
    ),
    priority=st.sampled_from(["low", "normal", "high", "critical"]),
    resources=st.builds(Resources, memory_bytes=st.none() | st.integers(1, 2**60), whole_device=st.booleans()),
    retry=st.builds(Retry, max_failures=st.integers(0, 9)),
    after=st.lists(_TEXT.filter(bool), max_size=3).map(tuple),
    labels=st.dictionaries(_TEXT.filter(bool), _TEXT, max_size=3),
    trackers=st.builds(TrackerChoice, mlflow=st.none() | st.booleans()),
)


@settings(deadline=None)
@given(_SPECS)
def test_a_stored_spec_comes_back_with_every_value_and_every_type(spec: JobSpec) -> None:
    stored = spec.model_dump_json(exclude={"model_definition"})

    again = spec_as_stored(spec.model_definition, stored)

    assert again == spec
    assert _typed(again) == _typed(spec)
    assert again.model_dump_json() == spec.model_dump_json()


def test_a_field_that_was_added_later_has_its_default() -> None:
    stored = json.loads(_a_spec().model_dump_json(exclude={"model_definition", "after", "trackers"}))

    assert spec_as_stored("{}", json.dumps(stored)) == _a_spec()


@pytest.mark.parametrize(
    "change", [{"dataset": None}, {"unknown": 1}, {"hyperparameters": 3}, {"hyperparameters": {"optimizer": "adma"}}]
)
def test_what_was_never_stored_so_is_refused_with_its_field(change: dict[str, Any]) -> None:
    stored = json.loads(_a_spec().model_dump_json(exclude={"model_definition"})) | change
    if change == {"dataset": None}:
        del stored["dataset"]

    with pytest.raises(InvalidField):
        spec_as_stored("{}", json.dumps(stored))


def test_records_do_not_share_what_can_be_changed() -> None:
    first, second = (trusted(JobSpec, {"model_definition": "{}", "dataset": "builtin://digits"}) for _ in range(2))

    first.labels["a"] = "b"

    assert second.labels == {}


def test_specs_that_are_alike_in_most_do_not_share_what_can_be_changed() -> None:
    spec = JobSpec(model_definition="{}", dataset="builtin://digits", labels={"team": "vision"})
    stored = spec.model_dump_json(exclude={"model_definition"})
    first, second = (spec_as_stored("{}", stored) for _ in range(2))

    first.labels["a"] = "b"

    assert second.labels == {"team": "vision"}


@pytest.mark.parametrize("labels", [{"hyperparameters": "x"}, {"a": "b", "hyperparameters": ',"hyperparameters":{}'}])
def test_a_spec_comes_back_whatever_the_order_of_its_fields(labels: dict[str, str]) -> None:
    spec = JobSpec(model_definition="{}", dataset="builtin://digits", labels=labels)
    stored = json.loads(spec.model_dump_json(exclude={"model_definition"}))
    turned_round = {name: stored[name] for name in reversed(stored)}

    for values in (stored, turned_round):
        assert spec_as_stored("{}", json.dumps(values, separators=(",", ":"))) == spec


def _a_spec() -> JobSpec:
    return JobSpec(model_definition="{}", dataset="builtin://digits")


def _typed(record: BaseModel) -> dict[str, Any]:
    """Return the type of every value, records inside records included."""
    return {
        name: _typed(value) if isinstance(value, BaseModel) else type(value) for name, value in record.__dict__.items()
    }
