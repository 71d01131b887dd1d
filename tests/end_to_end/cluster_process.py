"""A real cluster for tests: `cyxwiz up` as a process of its own, and the commands a person would type at it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import psutil

from cyxwiz.local_cluster.ready_line import facts_from_ready_line

_Value = TypeVar("_Value")

# Often enough that a test which kills something soon has a checkpoint to go on from.
_ENVIRONMENT = {"CYXWIZ_NODE_CHECKPOINT_SECONDS": "0.5"}


class ClusterProcess:
    """A running `cyxwiz up`.

    Attributes:
        grpc: `HOST:PORT` of its central server.
        http: the address of its pages.
    """

    def __init__(self, state_dir: Path, *arguments: str) -> None:
        """Start it on free ports and wait until it is ready."""
        self.state_dir = state_dir
        state_dir.parent.mkdir(parents=True, exist_ok=True)
        self._errors = state_dir.with_suffix(".err").open("ab")
        options = ["--port", "0", "--http-port", "0", "--state-dir", str(state_dir), *arguments]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cyxwiz", "up", *options],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=os.environ | _ENVIRONMENT,
        )
        facts = self._ready_facts()
        self.grpc, self.http, self.nodes = facts["grpc"], facts["http"], int(facts["nodes"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Ask it to end as a person would, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._errors.close()
        return code

    def said(self) -> str:
        """Return what it has said on standard error."""
        return self.state_dir.with_suffix(".err").read_text()

    def child(self, module: str) -> psutil.Process:
        """Return its only child that runs `python -m module`."""
        (found,) = [child for child in psutil.Process(self.process.pid).children() if module in child.cmdline()]
        return found

    def kill_9(self, module: str) -> int:
        """Kill that child without a warning and return its process id."""
        child = self.child(module)
        child.kill()
        return child.pid

    def run(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one command of the command line against it."""
        return subprocess.run(
            [sys.executable, "-m", "cyxwiz", *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            env=os.environ | {"CYXWIZ_SERVER": self.grpc},
        )

    def answer(self, *arguments: str) -> Any:
        """Return the JSON of a command that must succeed."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def submit(self, job: Mapping[str, object], *arguments: str) -> str:
        """Submit a job and return its id."""
        done = self.run("submit", "-", *arguments, text=json.dumps(job))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _ready_facts(self) -> Mapping[str, str]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            facts = facts_from_ready_line(line)
            if facts is not None:
                return facts
        raise AssertionError(f"cyxwiz up ended: {self.said()}")


def eventually(ask: Callable[[], _Value], *, seconds: float = 60) -> _Value:
    """Return the first answer that is true.

    Raises:
        AssertionError: none came in time; with the last answer.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = ask()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds} s in vain, last answer {value!r}"
        time.sleep(0.05)
