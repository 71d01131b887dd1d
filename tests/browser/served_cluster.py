"""A real cluster as the page sees it: its HTTP API spoken to directly, to put jobs in place and to know the truth."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.end_to_end.cluster_process import ClusterProcess, eventually

ENDED = {"succeeded", "failed", "cancelled"}


class ServedCluster:
    """A cluster and what its API says.

    Attributes:
        http: the address of the page.
        token: the admin's.
    """

    def __init__(self, process: ClusterProcess) -> None:
        self.process = process
        self.http = process.http
        self.token = (process.state_dir / "server" / "admin-token").read_text().strip()

    def ask(self, path: str, *, body: object = None, method: str | None = None) -> Any:
        """Return the JSON that a path below /api/v1 answers."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.http}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def submit(self, job: Mapping[str, object]) -> str:
        """Submit a job and return its id."""
        job_id: str = self.ask("/jobs", body=job)["job_id"]
        return job_id

    def job(self, job_id: str) -> dict[str, Any]:
        """Return one job."""
        job: dict[str, Any] = self.ask(f"/jobs/{job_id}")
        return job

    def until_ended(self, job_id: str) -> dict[str, Any]:
        """Wait until the job is over and return it."""
        eventually(lambda: self.job(job_id)["state"] in ENDED)
        return self.job(job_id)

    def until_reported(self, job_id: str) -> None:
        """Wait until the job has told of a step."""
        eventually(lambda: self.ask(f"/jobs/{job_id}/curve?points=4")["rows"] > 0, seconds=40)

    def write_long_history(self, job_id: str, values: Iterator[tuple[int, float]]) -> None:
        """Put rows of loss behind the job's own, straight into the store: no job of a test reports so often."""
        rows = [(job_id, step, 1, 1, step, json.dumps({"loss": value})) for step, value in values]
        database: Path = self.process.state_dir / "server" / "central.sqlite3"
        with closing(sqlite3.connect(database, timeout=30)) as store, store:
            store.executemany(
                "INSERT OR REPLACE INTO metric_rows (job_id, step, attempt, epoch, at_ms, metrics) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
