"""One job all the way through the command line: submit, watch, show, list, metrics, logs, download, delete."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import cyxwiz
from tests.cyxwiz.test_records import KEYS
from tests.end_to_end.cluster_process import ClusterProcess, eventually
from tests.end_to_end.jobs import a_long_job, a_short_job

DIGITS = a_long_job(epochs=15, name="digits", labels={"team": "vision"})


@pytest.fixture(scope="module")
def digits(cluster: ClusterProcess) -> str:
    """A job that has trained on the digits, followed to its end."""
    done = cluster.run("submit", "-", "--follow", "--set", "priority=high", text=json.dumps(DIGITS))
    assert done.returncode == 0, done.stderr
    job_id, *lines = done.stdout.splitlines()
    assert any("loss" in line for line in lines)
    assert done.stderr.startswith(f"job {job_id} succeeded")
    return job_id


def test_show_tells_the_whole_story(cluster: ClusterProcess, digits: str) -> None:
    row = cluster.answer("show", digits)
    assert list(row) == KEYS
    assert (row["state"], row["progress"], row["epoch"], row["priority"]) == ("succeeded", 1.0, 15, "high")
    assert row["labels"] == {"team": "vision"}
    assert row["step"] == row["steps_total"] == 45 * 15
    assert row["submitted_at_ms"] <= row["started_at_ms"] <= row["first_step_at_ms"] <= row["ended_at_ms"]
    (attempt,) = row["attempts"]
    assert (attempt["number"], attempt["state"], attempt["resumed_from_step"]) == (1, "succeeded", 0)
    assert attempt["node_id"] == row["node_id"] == cluster.answer("nodes")[0]["node_id"]
    assert row["error"] is None


def test_it_has_really_learned(cluster: ClusterProcess, digits: str) -> None:
    row = cluster.answer("show", digits)
    assert row["result"]["final_metrics"]["test_accuracy"] >= 0.97
    assert {"loss", "accuracy", "learning_rate", "samples_processed", "elapsed_ms"} <= set(row["metrics"])


def test_metrics_are_a_row_for_each_epoch(cluster: ClusterProcess, digits: str) -> None:
    rows = cluster.answer("metrics", digits)
    assert [row["step"] for row in rows] == [45 * epoch for epoch in range(1, 16)]
    assert rows[-1]["loss"] < rows[0]["loss"] / 4
    assert all(isinstance(row["at_ms"], int) for row in rows)


def test_the_list_begins_with_the_newest(cluster: ClusterProcess, digits: str) -> None:
    newer = cluster.submit(a_short_job())
    ids = [row["job_id"] for row in cluster.answer("list")]
    assert ids.index(newer) < ids.index(digits)
    assert digits in [row["job_id"] for row in cluster.answer("list", "--state", "succeeded")]
    assert len(cluster.answer("list", "--limit", "1")) == 1


def test_a_beginning_of_the_id_is_enough(cluster: ClusterProcess, digits: str) -> None:
    assert cluster.answer("show", digits[:8])["job_id"] == digits


def test_watching_an_ended_job_shows_its_end(cluster: ClusterProcess, digits: str) -> None:
    done = cluster.run("watch", digits, "--json")
    (line,) = done.stdout.splitlines()
    assert (done.returncode, json.loads(line)["state"]) == (0, "succeeded")


def test_the_log_tells_what_happened(cluster: ClusterProcess, digits: str) -> None:
    done = cluster.run("logs", digits, "--follow")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) >= 3


def test_the_result_comes_home_with_the_promised_hash(cluster: ClusterProcess, digits: str, tmp_path: Path) -> None:
    done = cluster.run("download", digits, "-o", str(tmp_path / "out"))
    names = {Path(line).name for line in done.stdout.splitlines()}
    assert names == {"model.safetensors", "model.json", "metrics.json"}
    weights = (tmp_path / "out" / "model.safetensors").read_bytes()
    result = cluster.answer("show", digits)["result"]
    assert hashlib.sha256(weights).hexdigest() == result["weights_sha256"]
    assert len(weights) == result["size_bytes"]


def test_the_pages_tell_the_same(cluster: ClusterProcess, digits: str) -> None:
    def page(path: str) -> Any:
        with urllib.request.urlopen(cluster.http + path, timeout=10) as response:
            return json.loads(response.read())

    shown, whole = cluster.answer("show", digits), page(f"/api/v1/jobs/{digits}")
    whole["result"] = {key: whole["result"][key] for key in shown["result"]}
    assert {key: whole[key] for key in shown} == shown
    assert page(f"/api/v1/jobs/{digits}/metrics") == cluster.answer("metrics", digits)


def test_a_running_job_can_be_cancelled(cluster: ClusterProcess) -> None:
    job_id = cluster.submit(a_long_job(epochs=20_000))
    eventually(lambda: cluster.answer("show", job_id)["step"] > 0)
    done = cluster.run("cancel", job_id, "--reason", "wrong data", "--wait")
    assert (done.returncode, done.stdout) == (0, f"{job_id} cancelled\n")
    row = cluster.answer("show", job_id)
    assert (row["state"], row["reason"], row["attempts"][0]["state"]) == ("cancelled", "wrong data", "cancelled")
    assert cluster.run("watch", job_id).returncode == 3
    assert cluster.run("cancel", job_id).returncode == 0
    assert cluster.run("download", job_id, "-o", "nowhere").returncode == 2


def test_a_running_job_can_be_paused_and_resumed(client: cyxwiz.Client) -> None:
    job = client.submit(a_long_job())
    eventually(lambda: job.status().step > 0)
    job.pause()
    eventually(lambda: job.status().state == "paused")
    assert not client.nodes()[0].attempts
    job.resume()
    info = job.wait()
    assert [attempt.state for attempt in info.attempts] == ["preempted", "succeeded"]
    assert info.attempts[1].resumed_from_step > 0
    steps = [row.step for row in job.metrics()]
    assert steps == sorted(set(steps))
    assert set(range(45, 9001, 45)) <= set(steps)


def test_a_deleted_job_is_gone(cluster: ClusterProcess) -> None:
    job_id = cluster.submit(a_short_job(), "--follow").split()[0]
    assert cluster.run("delete", job_id).returncode == 0
    assert cluster.run("show", job_id).returncode == 4


def test_a_plan_counts_what_the_job_would_need(cluster: ClusterProcess) -> None:
    done = cluster.run("plan", "-", "--json", text=json.dumps(DIGITS))
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["parameters"] == 32 * 9 + 32 + 32 * 16 * 10 + 10
    assert [layer["output_shape"] for layer in plan["layers"]][-1] == [10]
    assert plan["memory_bytes"] > 0
    assert plan["flops_per_step"] > 0
    assert [node["fits"] for node in plan["nodes"]] == [True]


def test_nodes_show_their_devices(cluster: ClusterProcess) -> None:
    (node,) = cluster.answer("nodes")
    assert list(node) == ["node_id", "name", "state", "devices", "attempts", "last_seen_ms"]
    assert (node["name"], node["state"]) == ("node-1", "ready")
    device = node["devices"][0]
    assert device["kind"] == "cpu"
    assert 0 <= device["memory_promised_bytes"] < device["memory_bytes"]


def test_an_own_file_is_uploaded_and_trained_on(cluster: ClusterProcess, tmp_path: Path) -> None:
    rows = [f"{number % 7},{number % 5},{number % 2}" for number in range(200)]
    (tmp_path / "own.csv").write_text("\n".join(["a,b,label", *rows]) + "\n")
    uri = cluster.answer("upload", str(tmp_path / "own.csv"))["uri"]
    job = a_short_job(dataset=uri, model={"layers": [8, 2]}, batch_size=16)
    done = cluster.run("submit", "-", "--follow", text=json.dumps(job))
    assert done.returncode == 0, done.stderr


def test_a_dataset_that_is_none_is_called_by_the_job_files_word(cluster: ClusterProcess) -> None:
    done = cluster.run("submit", "-", "--set", "dataset=digits", text=json.dumps(a_short_job()))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cyxwiz: dataset: must be a URI such as builtin://digits")
