"""A node is gone for good, with its disk: its job goes on elsewhere from the checkpoint that had travelled."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import cyxwiz
from tests.end_to_end.cluster_process import ClusterProcess, eventually
from tests.end_to_end.jobs import a_long_job

EPOCHS = 120
_QUICK = {
    "CYXWIZ_CENTRAL_LEASE_SECONDS": "3",
    "CYXWIZ_CENTRAL_HEARTBEAT_SECONDS": "0.5",
    "CYXWIZ_NODE_CHECKPOINT_SECONDS": "0.5",
    "CYXWIZ_NODE_UPLOAD_CHECKPOINT_SECONDS": "0.5",
}


@contextmanager
def another_node(cluster: ClusterProcess, state_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "server_node", "--server", cluster.grpc, "--state-dir", str(state_dir)]
    with state_dir.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen([*command, "--name", "doomed"], stdout=log, stderr=log, env=os.environ | _QUICK)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def checkpoints_that_travelled(cluster: ClusterProcess, job_id: str) -> int:
    """Count what a job without results refers to at the server."""
    with sqlite3.connect(cluster.state_dir / "server" / "central.sqlite3") as database:
        asked = database.execute("SELECT COUNT(*) FROM artifact_references WHERE job_id = ?", [job_id])
        return int(asked.fetchone()[0])


@pytest.mark.slow
def test_a_job_goes_on_at_another_node_when_its_own_is_gone_with_its_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in _QUICK.items():
        monkeypatch.setenv(name, value)
    with ClusterProcess(tmp_path / "state") as cluster, cyxwiz.Client(cluster.grpc, retry_seconds=60) as client:
        whole = client.submit(a_long_job(epochs=EPOCHS)).wait()
        (survivor,) = client.nodes()
        operator = cyxwiz.Client(cluster.grpc, token=(cluster.state_dir / "server" / "admin-token").read_text())
        operator.drain(survivor.node_id)
        with another_node(cluster, tmp_path / "doomed") as process:
            job = client.submit(a_long_job(epochs=EPOCHS))
            eventually(lambda: checkpoints_that_travelled(cluster, job.id))
            operator.undrain(survivor.node_id)
            operator.close()
            process.kill()
            shutil.rmtree(tmp_path / "doomed")
            info = job.wait(timeout_seconds=100)
        assert [attempt.state for attempt in info.attempts] == ["lost", "succeeded"]
        assert info.attempts[1].node_id == survivor.node_id
        assert 0 < info.attempts[1].resumed_from_step < info.steps_total
        steps = [row.step for row in job.metrics()]
        assert steps == sorted(set(steps))
        assert info.result is not None
        assert whole.result is not None
        assert info.result.weights_sha256 == whole.result.weights_sha256
