"""Whatever is wrong with a job, the person is told one clear sentence, at submission or as the job's error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cyxwiz
from cyxwiz import errors
from tests.end_to_end.cluster_process import ClusterProcess
from tests.end_to_end.jobs import a_short_job

Write = Callable[[Path], None]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epochs": 0}, ["epochs"]),
        ({"epochs": -1}, ["epochs"]),
        ({"batch_size": 0}, ["batch_size"]),
        ({"batch_size": 1000}, ["batch", "256"]),
        ({"dataset": None}, ["dataset"]),
        ({"dataset": "mock://x"}, ["synthetic://"]),
        ({"dataset": "builtin://letters"}, ["letters"]),
        ({"model": {"layers": []}}, ["layer"]),
        ({"model": {"layers": [{"type": "dens", "units": 4}]}}, ["dens", "did you mean Dense"]),
        ({"model": {"layers": [{"type": "dense", "units": "many"}]}}, ["units", "many"]),
        ({"model": {"layers": [{"type": "dense", "units": 3}]}}, ["3", "4"]),
        ({"model": {"layers": [{"type": "conv2d", "filters": 4}, 4]}}, ["conv2d"]),
        ({"hyperparameters": {"optimiser": "adam"}}, ["optimiser", "optimizer"]),
        ({"hyperparameters": {"learning_rate": 0}}, ["learning_rate"]),
        ({"resources": {"devices": 2}}, ["devices"]),
        ({"colour": "red"}, ["colour"]),
    ],
)
def test_a_wrong_job_is_refused_at_submission_naming_what_is_wrong(
    client: cyxwiz.Client, change: dict[str, Any], words: list[str]
) -> None:
    job = {key: value for key, value in a_short_job(**change).items() if value is not None}
    with pytest.raises(errors.UserMistake) as caught:
        client.submit(job)
    sentence = str(caught.value)
    assert [word for word in words if word not in sentence] == []
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("epochs=0", "epochs"),
        ("batch_size=1000", "batch"),
        ("dataset=mock://x", "synthetic://"),
        ("model.layers=[3]", "4"),
    ],
)
def test_the_command_line_says_it_in_one_line_and_exits_with_2(cluster: ClusterProcess, change: str, word: str) -> None:
    done = cluster.run("submit", "-", "--set", change, text=json.dumps(a_short_job()))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert word in done.stderr


def a_table(text: str) -> Write:
    def write(path: Path) -> None:
        path.write_text(text)

    return write


def arrays(**named: Any) -> Write:
    return lambda path: np.savez(path, **named)


GOOD_X = np.zeros((64, 8), np.float32)
GOOD_Y = np.arange(64) % 4


@pytest.mark.parametrize(
    ("name", "write", "words"),
    [
        ("gone.csv", None, ["gone.csv"]),
        ("empty.csv", a_table(""), ["empty"]),
        ("ragged.csv", a_table("a,b,label\n1,2,0\n1,0\n"), ["line 3"]),
        ("words.csv", a_table("a,b,label\n1,2,0\n1,two,0\n"), ["two"]),
        ("cut.npz", lambda path: path.write_bytes(b"PK\x03\x04 cut short"), ["cut.npz"]),
        ("nan.npz", arrays(x=np.full((64, 8), np.nan, np.float32), y=GOOD_Y), ["NaN"]),
        ("labels.npz", arrays(x=GOOD_X, y=GOOD_Y + 7), ["label"]),
        ("counts.npz", arrays(x=GOOD_X, y=GOOD_Y[:10]), ["64", "10"]),
        ("few.npz", arrays(x=GOOD_X[:5], y=GOOD_Y[:5]), ["batch"]),
    ],
)
def test_what_only_the_data_can_tell_is_the_jobs_error(
    client: cyxwiz.Client, cluster: ClusterProcess, name: str, write: Write | None, words: list[str]
) -> None:
    path = cluster.state_dir.parent / "data" / name
    path.parent.mkdir(exist_ok=True)
    if write is not None:
        write(path)
    info = client.submit(a_short_job(dataset=f"file://{path}")).wait()
    assert info.state == "failed"
    assert info.error is not None
    assert [word for word in words if word not in info.error.message] == []
    assert info.error.code == "bad_data"
    assert len(info.attempts) == 1


def test_a_file_outside_the_data_roots_is_refused(client: cyxwiz.Client) -> None:
    info = client.submit(a_short_job(dataset="file:///etc/hostname?format=csv")).wait()
    assert info.error is not None
    assert "data root" in info.error.message


def test_a_loss_that_is_no_number_fails_the_job_and_names_the_step(client: cyxwiz.Client) -> None:
    job = a_short_job(
        model={"layers": [16, 1]},
        dataset="synthetic://regression?samples=256&features=8",
        hyperparameters={"optimizer": "sgd", "learning_rate": 1e6},
    )
    info = client.submit(job).wait()
    assert info.error is not None
    assert (info.state, info.error.code) == ("failed", "training_diverged")
    assert "step" in info.error.message


def test_a_failed_job_is_exit_code_1(cluster: ClusterProcess) -> None:
    done = cluster.run("submit", "-", "--follow", text=json.dumps(a_short_job(dataset="file:///gone.csv")))
    assert done.returncode == 1
    assert "failed" in done.stderr.splitlines()[-1]


def test_a_job_that_does_not_exist_is_exit_code_4(cluster: ClusterProcess) -> None:
    for command in ("show", "watch", "cancel", "pause", "resume", "metrics", "logs", "delete"):
        done = cluster.run(command, "no-such-job")
        assert (command, done.returncode, done.stderr.count("\n")) == (command, 4, 1)


def test_a_model_definition_of_100_mb_is_not_sent(cluster: ClusterProcess, tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps(a_short_job(model={"layers": [4], "note": "x" * 100_000_000})))
    done = cluster.run("submit", str(tmp_path / "job.json"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "was not sent" in done.stderr
