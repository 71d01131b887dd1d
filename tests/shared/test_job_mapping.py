"""A job shown as a job file asks for the same job again."""

from __future__ import annotations

import pytest

from shared.job_mapping import mapping_from_job_spec
from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.yaml_text import text_from_value, value_from_text

MODEL = {"layers": [{"type": "dense", "units": 10}]}


@pytest.mark.parametrize(
    "said",
    [
        {"batch_size": 7},
        {"name": "1e-3", "labels": {"team": "no", "try": "0x1f"}, "priority": "high"},
        {"hyperparameters": {"optimizer": "adamw", "learning_rate": 1e-7, "schedule": "cosine", "seed": 2**60}},
        {"resources": {"device": "cuda", "memory": "2GiB", "whole_device": True}, "retry": {"max_failures": 3}},
        {"timeout_seconds": 5, "wait_timeout_seconds": 6, "after": ["a", "b"], "job_type": "evaluation"},
        {"weights": f"artifact://sha256:{'0' * 64}"},
    ],
)
def test_the_mapping_reads_back_as_the_same_spec(said: dict[str, object]) -> None:
    spec = job_spec_from_mapping({"model": MODEL, "dataset": "builtin://digits", **said})
    again = value_from_text(text_from_value(mapping_from_job_spec(spec)), source="the text")
    assert isinstance(again, dict)
    assert job_spec_from_mapping(again) == spec


def test_what_overrides_a_drawing_stays_said() -> None:
    drawn = {
        "nodes": [
            {"id": 1, "type": "DatasetInput", "name": "Data"},
            {"id": 2, "type": "Dense", "name": "Out", "parameters": {"units": "10"}},
            {"id": 3, "type": "Output", "name": "Output"},
            {"id": 4, "type": "SGD", "name": "SGD", "parameters": {"learning_rate": "0.5"}},
        ],
        "links": [
            {"id": 1, "from_node": 1, "from_pin": 0, "to_node": 2, "to_pin": 0},
            {"id": 2, "from_node": 2, "from_pin": 0, "to_node": 3, "to_pin": 0},
        ],
    }
    said = {"model": drawn, "dataset": "builtin://digits", "hyperparameters": {"learning_rate": 0.001}}
    spec: JobSpec = job_spec_from_mapping(said)
    assert spec.hyperparameters.learning_rate == 0.001
    assert job_spec_from_mapping(mapping_from_job_spec(spec)) == spec
