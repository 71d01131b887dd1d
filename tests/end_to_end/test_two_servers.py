"""Two central servers on one PostgreSQL database: the one that decides is killed, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import cyxwiz
from cyxwiz.errors import ServerUnreachable
from cyxwiz.local_cluster.ready_line import facts_from_ready_line
from tests.end_to_end.cluster_process import eventually
from tests.end_to_end.jobs import a_long_job, a_short_job

EPOCHS = 150


class CentralProcess:
    """A central server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until it is ready."""
        self.process = process
        assert process.stdout is not None
        facts = next(facts for line in process.stdout if (facts := facts_from_ready_line(line)))
        self.grpc, self.http = facts["grpc"], facts["http"]

    def asked(self, path: str) -> Any:
        """Return what it answers to a GET."""
        with urllib.request.urlopen(self.http + path, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def a_process(module: str, *arguments: str, log: Path) -> Iterator[subprocess.Popen[str]]:
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | {"CYXWIZ_NODE_CHECKPOINT_SECONDS": "0.5"},
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def pair(postgresql_url: str, tmp_path: Path) -> Iterator[tuple[CentralProcess, CentralProcess]]:
    """The server that decides and the one that stands by."""
    arguments = ["--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--database", postgresql_url]
    arguments += ["--state-dir", str(tmp_path / "central")]
    with ExitStack() as processes:
        started = [
            CentralProcess(
                processes.enter_context(a_process("central_server", *arguments, log=tmp_path / f"{name}.err"))
            )
            for name in ("first", "second")
        ]
        yield started[0], started[1]


def test_a_job_goes_on_at_the_other_server_when_the_one_that_decides_is_killed(
    pair: tuple[CentralProcess, CentralProcess], tmp_path: Path
) -> None:
    first, second = pair
    assert second.asked("/healthz") == {"status": "standing by", "decider": first.grpc}
    both = f"{second.grpc},{first.grpc}"
    node = ["--server", both, "--state-dir", str(tmp_path / "node"), "--platform", "cpu"]
    with a_process("server_node", *node, log=tmp_path / "node.err"), cyxwiz.Client(both) as client:
        job = client.submit(a_long_job(epochs=EPOCHS))
        with cyxwiz.Client(second.grpc, retry_seconds=0) as reader:
            with pytest.raises(ServerUnreachable, match=f"stands by.*{first.grpc}"):
                reader.submit(a_short_job())
            watched = reader.job(job.id).watch()
            assert next(info for info in watched if info.step > 0).state == "running"
            assert second.asked(f"/api/v1/jobs/{job.id}")["state"] == "running"
        killed_at = time.monotonic()
        first.process.kill()
        eventually(lambda: second.asked("/healthz") == {"status": "ok"}, seconds=15)
        assert time.monotonic() - killed_at < 10
        after = client.submit(a_short_job())
        info = job.wait(timeout_seconds=60)
        assert (info.state, [attempt.state for attempt in info.attempts]) == ("succeeded", ["succeeded"])
        steps = [row.step for row in job.metrics()]
        assert steps == sorted(set(steps))
        assert set(range(45, EPOCHS * 45 + 1, 45)) <= set(steps)
        assert after.wait(timeout_seconds=60).state == "succeeded"
