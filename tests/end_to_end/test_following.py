"""Following and comparing what a real cluster does, by the commands a person would type."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

import cyxwiz
from tests.end_to_end.cluster_process import ClusterProcess
from tests.end_to_end.jobs import a_long_job, a_short_job

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Watched:
    """Jobs that were submitted one after the other, and the rows that watching all of them gave."""

    long: str
    short: str
    bad: str
    rows: list[dict[str, object]]


@pytest.fixture(scope="module")
def watched(cluster: ClusterProcess) -> Watched:
    with cyxwiz.Client(cluster.grpc) as client:
        long = client.submit(a_long_job(epochs=600)).id
        short = client.submit(a_long_job(epochs=1, hyperparameters={"learning_rate": 0.01, "seed": 3})).id
        bad = client.submit(a_short_job(dataset="file:///nowhere/at-all.csv")).id
    done = cluster.run("watch", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return Watched(long, short, bad, [json.loads(line) for line in done.stdout.splitlines()])


def test_all_jobs_are_followed_to_their_ends(cluster: ClusterProcess, watched: Watched) -> None:
    states = [row["state"] for row in watched.rows if row["job_id"] == watched.long]
    assert states[-1] == "succeeded"
    assert "running" in states
    assert len(states) == len(set(map(str, [row for row in watched.rows if row["job_id"] == watched.long])))
    assert cluster.answer("list", "--state", "failed")[0]["job_id"] == watched.bad
    assert cluster.run("watch").stderr == "nothing runs or waits\n"


def test_jobs_are_compared_by_what_differs(cluster: ClusterProcess, watched: Watched) -> None:
    document = cluster.answer("compare", watched.long, watched.short)
    assert document["differing"] == ["epochs", "hyperparameters.learning_rate"]
    for job, job_id in zip(document["jobs"], (watched.long, watched.short), strict=True):
        losses = [row["loss"] for row in cluster.answer("metrics", job_id) if "loss" in row]
        assert job["best"]["loss"]["value"] == min(losses)
        assert job["final"]["loss"] == losses[-1]
    assert "└" in cluster.run("metrics", watched.long, "--plot", "--metric", "loss").stdout


def test_the_screen_shows_the_node_and_its_memory(cluster: ClusterProcess) -> None:
    document = cluster.answer("top")
    (node,) = document["nodes"]
    (device,) = node["devices"]
    assert 0 < device["memory_available_bytes"] <= device["memory_bytes"]
    assert (document["running"], document["waiting"]) == ([], [])
    assert node["name"] in cluster.run("top").stdout


def test_the_checkup_finds_the_server_and_its_clock_well(cluster: ClusterProcess) -> None:
    findings = {row["check"]: row["level"] for row in cluster.answer("doctor")}
    assert {check: findings[check] for check in ("python", "jax", "server", "clock")} == {
        "python": "ok",
        "jax": "ok",
        "server": "ok",
        "clock": "ok",
    }
