"""`python -m server_node.training`: a job file, no server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server_node.training.command import job_spec_from_file
from shared.errors import InvalidField

JOB = """
model: {file: model.json}
dataset: synthetic://classification?samples=64&features=4&classes=2
batch_size: 16
epochs: 2
hyperparameters: {optimizer: sgd, learning_rate: LEARNING_RATE}
"""


def a_job_file(folder: Path, learning_rate: str = "0.1") -> Path:
    (folder / "model.json").write_text(json.dumps({"layers": [{"type": "dense", "units": 2}]}))
    (folder / "job.yaml").write_text(JOB.replace("LEARNING_RATE", learning_rate))
    return folder / "job.yaml"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, "-m", "server_node.training", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=environment)


def test_a_job_file_is_trained_without_a_server(tmp_path: Path) -> None:
    done = run(str(a_job_file(tmp_path)), "-o", str(tmp_path / "out"), "--threads", "1")

    assert done.returncode == 0, done.stderr
    assert "epoch 2/2" in done.stdout
    assert {file.name for file in (tmp_path / "out").iterdir()} >= {"model.safetensors", "model.json", "metrics.json"}
    kept = list((tmp_path / "out" / ".state" / "compiled").iterdir())
    assert kept[0].name.endswith("threads-1")
    assert any(kept[0].iterdir())


def test_bad_input_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    failed = run(str(a_job_file(tmp_path, "-1")))
    assert failed.returncode == 2
    assert "learning_rate" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize("content", ["- 1\n", "a: [\n"])
def test_what_is_no_job_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "job.yaml").write_text(content)
    with pytest.raises(InvalidField, match=r"job\.yaml must"):
        job_spec_from_file(tmp_path / "job.yaml")
