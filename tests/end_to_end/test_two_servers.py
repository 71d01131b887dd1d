"""Two central servers on one PostgreSQL database: the one that decides is killed, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
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
from cyxwiz.records import JobInfo
from shared.clock import SystemClock
from tests.end_to_end.jobs import a_long_job, a_short_job
from tests.s3_server import BUCKET, an_s3_server

EPOCHS = 60
TAKE_OVER_SECONDS = 10.0
LONGEST_ANSWER_SECONDS = 2.0


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


class Reading:
    """Reads a job at one server again and again while something happens.

    Attributes:
        states: what it was, one for each answer.
        longest_seconds: the longest that an answer took.
    """

    def __init__(self, server: CentralProcess, job_id: str) -> None:
        """Read nothing yet."""
        self._server = server
        self._path = f"/api/v1/jobs/{job_id}"
        self._is_over = threading.Event()
        self.states: list[str] = []
        self.longest_seconds = 0.0

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Read until the block ends; whatever failed is raised there."""
        failures: list[Exception] = []
        thread = threading.Thread(target=self._read, args=[failures])
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()
        assert not failures, failures

    def _read(self, failures: list[Exception]) -> None:
        try:
            while not self._is_over.wait(0.05):
                began = time.monotonic()
                self.states.append(self._server.asked(self._path)["state"])
                self.longest_seconds = max(self.longest_seconds, time.monotonic() - began)
        except Exception as failure:  # noqa: BLE001 - raised again where the test sees it
            failures.append(failure)


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


@pytest.fixture(params=["a shared folder", pytest.param("an object store", marks=pytest.mark.slow)])
def pair(
    request: pytest.FixtureRequest, postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[CentralProcess, CentralProcess]]:
    """The server that decides and the one that stands by; files are in a folder of both, or in a bucket."""
    arguments = ["--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--database", postgresql_url]
    folders = [tmp_path / "central"] * 2
    with ExitStack() as processes:
        if request.param == "an object store":
            s3 = processes.enter_context(an_s3_server())
            for name, value in s3.environment.items():
                monkeypatch.setenv(name, value)
            arguments += ["--artifacts", f"s3://{BUCKET}/artifacts"]
            folders = [tmp_path / "central-first", tmp_path / "central-second"]
        started = [
            CentralProcess(
                processes.enter_context(
                    a_process("central_server", *arguments, "--state-dir", str(folder), log=tmp_path / f"{name}.err")
                )
            )
            for name, folder in zip(("first", "second"), folders, strict=True)
        ]
        yield started[0], started[1]


@contextmanager
def a_node(servers: str, tmp_path: Path) -> Iterator[None]:
    arguments = ["--server", servers, "--state-dir", str(tmp_path / "node"), "--platform", "cpu"]
    with a_process("server_node", *arguments, log=tmp_path / "node.err"):
        yield


def seconds_until_submitted(client: cyxwiz.Client) -> float:
    """Return how long it takes until a new job is accepted, whoever does it."""
    began = time.monotonic()
    client.submit(a_short_job())
    return time.monotonic() - began


def weights_of(info: JobInfo) -> str:
    assert info.state == "succeeded"
    assert info.result is not None
    return info.result.weights_sha256


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")  # moto's own
def test_a_job_goes_on_at_the_other_server_when_the_one_that_decides_is_killed(
    pair: tuple[CentralProcess, CentralProcess], tmp_path: Path
) -> None:
    first, second = pair
    assert second.asked("/healthz") == {"status": "standing by", "decider": first.grpc}
    both = f"{second.grpc},{first.grpc}"
    with a_node(both, tmp_path), cyxwiz.Client(both) as client:
        job = client.submit(a_long_job(epochs=EPOCHS))
        with cyxwiz.Client(second.grpc, retry_seconds=0) as reader:
            with pytest.raises(ServerUnreachable, match=f"stands by.*{first.grpc}"):
                reader.submit(a_short_job())
            assert next(info for info in reader.job(job.id).watch() if info.step > 0).state == "running"
        reading = Reading(second, job.id)
        with reading.going_on():
            killed_at_ms = SystemClock().unix_ms()
            first.process.kill()
            assert seconds_until_submitted(client) < TAKE_OVER_SECONDS
            info = job.wait(timeout_seconds=60)
        assert second.asked("/healthz") == {"status": "ok"}
        assert list(dict.fromkeys(reading.states)) == ["running", "succeeded"][: len(set(reading.states))]
        assert reading.longest_seconds < LONGEST_ANSWER_SECONDS
        assert [attempt.state for attempt in info.attempts] == ["succeeded"]
        rows = job.metrics()
        assert [row.step for row in rows] == sorted({row.step for row in rows} | set(range(45, EPOCHS * 45 + 1, 45)))
        assert any(row.at_ms > killed_at_ms for row in rows)  # training went on
        undisturbed = client.submit(a_long_job(epochs=EPOCHS)).wait(timeout_seconds=60)
        assert weights_of(info) == weights_of(undisturbed)
        assert "model.safetensors" in {path.name for path in job.download(tmp_path / "result")}
