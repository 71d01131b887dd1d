"""Every job file among the examples is a job that would be accepted."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.job_check import check_job_spec
from shared.job_spec import job_spec_from_mapping

EXAMPLES = Path(__file__).parents[2] / "examples"
JOBS = sorted(EXAMPLES.glob("*.yaml"))


def mapping_of(path: Path) -> dict[str, Any]:
    job: dict[str, Any] = yaml.safe_load(path.read_text())
    if isinstance(job["model"], dict) and "file" in job["model"]:
        job["model"] = json.loads((EXAMPLES / job["model"]["file"]).read_text())
    return job


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
def test_an_example_is_accepted(path: Path) -> None:
    assert check_job_spec(job_spec_from_mapping(mapping_of(path))).graph.nodes
