"""Every job file among the examples is a job that would be accepted."""

from pathlib import Path

import pytest

from cyxwiz.job_array import is_array, jobs_of_array
from cyxwiz.job_file import read_job_file
from cyxwiz.onnx_start import has_onnx_model, with_onnx_model
from shared.job_check import check_job_spec
from shared.job_spec import job_spec_from_mapping

EXAMPLES = Path(__file__).parents[2] / "examples"
JOBS = sorted(EXAMPLES.glob("*.yaml"))
A_HASH = "0" * 64
"""Of weights that are uploaded before the job is."""


def jobs_of(path: Path, folder: Path) -> list[dict[str, object]]:
    job = read_job_file(path)
    if has_onnx_model(job):
        return [{**with_onnx_model(job, folder), "weights": f"artifact://sha256:{A_HASH}"}]
    return [one.job for one in jobs_of_array(job, "a-sweep")] if is_array(job) else [job]


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
def test_an_example_is_accepted(path: Path, tmp_path: Path) -> None:
    for job in jobs_of(path, tmp_path):
        assert check_job_spec(job_spec_from_mapping(job)).graph.nodes
