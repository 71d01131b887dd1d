"""One job over a list of settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyxwiz.cli.main import run
from cyxwiz.client import Client
from cyxwiz.job_array import jobs_of_array
from shared.errors import InvalidField
from tests.cyxwiz.aio.test_client import A_JOB
from tests.cyxwiz.scripted_server import Script

_JOB = {"name": "digits", "seed": 5, "hyperparameters": {"momentum": 0.9}, "labels": {"team": "vision"}}


def test_lists_by_key_stand_for_every_combination_the_last_key_fastest() -> None:
    array = {"hyperparameters.learning_rate": [0.1, 0.01], "seed": [1, 2]}
    members = jobs_of_array({**_JOB, "array": array}, "a1")
    assert [(m.job["hyperparameters"]["learning_rate"], m.job["seed"]) for m in members] == [  # type: ignore[index]  # a mapping of this test
        (0.1, 1),
        (0.1, 2),
        (0.01, 1),
        (0.01, 2),
    ]
    assert members[3].settings == {"hyperparameters.learning_rate": 0.01, "seed": 2}
    assert all(member.job["hyperparameters"]["momentum"] == 0.9 for member in members)  # type: ignore[index]  # likewise


def test_a_list_of_settings_stands_for_one_job_each() -> None:
    members = jobs_of_array({**_JOB, "array": [{"seed": 1}, {"batch_size": 3, "name": "small"}]}, "a1")
    assert [member.job["name"] for member in members] == ["digits[0]", "small"]
    assert members[1].job["labels"] == {"team": "vision", "array": "a1", "array_index": "1"}
    assert "array" not in members[1].job


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (None, "must be a list of settings"),
        ([], "must be a list of settings"),
        ({}, "must be a list of settings"),
        ([3], r"array\[0\] must be a mapping"),
        ({"seed": 3}, "array.seed must be a list"),
        ({"seed": []}, "array.seed must be a list"),
        ({"seed": list(range(200)), "epochs": list(range(200))}, "10,000 are the most"),
        ([{"seed..": 1}], "no dotted path"),
        ([{"seed.deeper": 1}], "there is no 'deeper'"),
    ],
)
def test_an_array_that_is_none_is_refused(array: object, words: str) -> None:
    with pytest.raises(InvalidField, match=words):
        jobs_of_array({**_JOB, "array": array}, "a1")


def test_nothing_is_sent_when_one_job_of_an_array_is_wrong(server: str, script: Script) -> None:
    with Client(server) as client, pytest.raises(InvalidField, match=r"array\[1\]: epochs"):
        client.submit_array({**A_JOB, "array": {"epochs": [1, -1]}})
    assert script.jobs == {}


def test_an_array_submitted_again_with_its_key_makes_the_same_jobs(server: str, script: Script) -> None:
    with Client(server) as client:
        first = client.submit_array({**A_JOB, "array": {"epochs": [1, 2]}}, array_id="mine")
        again = client.submit_array({**A_JOB, "array": {"epochs": [1, 2]}}, array_id="mine")
    assert [job.id for job in first] == [job.id for job in again] == ["mine-0", "mine-1"]
    assert sorted(script.jobs) == ["mine-0", "mine-1"]


def test_the_command_prints_an_id_a_line(
    server: str, script: Script, job_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = job_file.read_text()
    job_file.write_text(f"{text}\narray: {{epochs: [1, 2, 3]}}\n")
    assert run(["submit", str(job_file), "--server", server]) == 0
    ids = capsys.readouterr().out.split()
    assert sorted(ids) == sorted(script.jobs)
    assert len(ids) == 3
    assert run(["submit", str(job_file), "--follow", "--server", server]) == 2
