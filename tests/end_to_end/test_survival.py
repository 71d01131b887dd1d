"""Nothing accepted is lost: processes are killed without warning in mid-training, and every job completes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import cyxwiz
from tests.end_to_end.cluster_process import ClusterProcess, eventually
from tests.end_to_end.jobs import a_long_job, a_short_job

EPOCHS = 400


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterProcess]:
    """A cluster whose processes may be killed."""
    with ClusterProcess(tmp_path_factory.mktemp("fragile") / "state") as cluster:
        yield cluster


def patient_client(cluster: ClusterProcess) -> cyxwiz.Client:
    # A server that was killed needs some seconds on a busy machine to listen again.
    return cyxwiz.Client(cluster.grpc, retry_seconds=60)


def a_checkpoint(cluster: ClusterProcess) -> Path | None:
    # Not the hidden file that it is while it is still being written.
    return next((cluster.state_dir / "node-1" / "checkpoints").glob("*/[!.]*"), None)


def a_job_in_mid_training(client: cyxwiz.Client, cluster: ClusterProcess, **changes: object) -> cyxwiz.Job:
    """Return a job that trains, has a checkpoint, and has much left to do."""
    job = client.submit(a_long_job(epochs=EPOCHS, **changes))
    eventually(lambda: job.status().step > 0)
    eventually(lambda: a_checkpoint(cluster))
    info = job.status()
    assert info.state == "running", f"the job was over before it could be disturbed: {info}"
    return job


def every_step_once(job: cyxwiz.Job) -> bool:
    steps = [row.step for row in job.metrics()]
    return steps == sorted(set(steps)) and set(range(45, EPOCHS * 45 + 1, 45)) <= set(steps)


def test_a_killed_node_comes_back_and_its_job_resumes_from_the_checkpoint(fragile: ClusterProcess) -> None:
    with patient_client(fragile) as client:
        job = a_job_in_mid_training(client, fragile)
        fragile.kill_9("server_node")
        info = job.wait(timeout_seconds=100)
        assert info.state == "succeeded"
        assert [attempt.state for attempt in info.attempts] == ["lost", "succeeded"]
        assert 0 < info.attempts[1].resumed_from_step < info.steps_total
        assert every_step_once(job)
    assert "node-1 was killed by SIGKILL; starting it again" in fragile.said()


def test_a_killed_server_comes_back_and_the_same_attempt_completes(fragile: ClusterProcess) -> None:
    with patient_client(fragile) as client:
        ended = client.submit(a_short_job())
        ended.wait()
        job = a_job_in_mid_training(client, fragile)
        # More than the node has slots, so that one of them still waits when the server dies.
        waiting = [client.submit(a_short_job(name=f"waiting-{number}")) for number in range(6)]
        fragile.kill_9("central_server")
        updates = list(job.watch())
        info = updates[-1]
        assert info.state == "succeeded"
        assert [attempt.state for attempt in info.attempts] == ["succeeded"], (info.attempts, fragile.said())
        assert [update.step for update in updates] == sorted(update.step for update in updates)
        assert every_step_once(job)
        assert [other.wait().state for other in waiting] == ["succeeded"] * 6
        assert ended.status().state == "succeeded"
    assert "server was killed by SIGKILL; starting it again" in fragile.said()


def test_a_cluster_that_was_stopped_carries_on_where_it_was(tmp_path: Path) -> None:
    with ClusterProcess(tmp_path / "state") as cluster, cyxwiz.Client(cluster.grpc) as client:
        done = client.submit(a_short_job())
        done.wait()
        job_id = a_job_in_mid_training(client, cluster).id
        assert cluster.stop() == 0
    with ClusterProcess(tmp_path / "state") as cluster, cyxwiz.Client(cluster.grpc) as client:
        info = client.job(job_id).wait(timeout_seconds=100)
        assert info.state == "succeeded"
        assert info.attempts[-1].resumed_from_step > 0
        assert every_step_once(client.job(job_id))
        assert client.job(done.id).status().attempts[0].state == "succeeded"
        assert len(client.nodes()) == 1


def test_killing_the_whole_cluster_leaves_no_process_behind(tmp_path: Path) -> None:
    with ClusterProcess(tmp_path / "state", "--nodes", "2") as cluster:
        assert cluster.nodes == 2
        children = psutil.Process(cluster.process.pid).children(recursive=True)
        assert len(children) == 3
        cluster.process.kill()
        cluster.process.wait()
        gone, alive = psutil.wait_procs(children, timeout=10)
        assert (len(gone), alive) == (3, [])


def test_two_clusters_cannot_share_a_state_directory_or_a_port(fragile: ClusterProcess, tmp_path: Path) -> None:
    began = time.monotonic()
    second = fragile.run("up", "--state-dir", str(fragile.state_dir), "--port", "0", "--http-port", "0")
    assert (second.returncode, second.stderr.count("\n")) == (2, 1)
    assert "another cluster runs on" in second.stderr
    port = fragile.grpc.rpartition(":")[2]
    third = fragile.run("up", "--state-dir", str(tmp_path / "other"), "--port", port, "--http-port", "0")
    assert (third.returncode, third.stderr.count("\n")) == (2, 1)
    assert f"port {port} is in use" in third.stderr
    assert time.monotonic() - began < 10
