"""A central server as a process of its own, alone, for benchmarks that bring their own clients and nodes.

What it cost is read from `/proc`: the processor time of all its threads, and the memory it holds.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cyxwiz.local_cluster.child_process import ChildProcess

_FREE = ("--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0")


@dataclass(frozen=True, slots=True)
class CentralProcess:
    """A server that is ready, and its process."""

    grpc: str
    http: str
    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time that all its threads have had."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """Return the memory it holds that is no file's."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) * 1024


@asynccontextmanager
async def central_process(state_dir: Path, *flags: str) -> AsyncIterator[CentralProcess]:
    """Run a server on free ports until the block ends; entered when it is ready."""
    log = _log_in(state_dir)
    child = await ChildProcess.start(["central_server", *_FREE, "--state-dir", str(state_dir), *flags], log)
    try:
        facts = await child.ready()
        if facts is None:
            raise RuntimeError(f"the central server did not start: {child.last_words()}")
        yield CentralProcess(facts["grpc"], facts["http"], child.pid)
    finally:
        await child.stop()


def _log_in(state_dir: Path) -> Path:
    state_dir.mkdir(parents=True, exist_ok=True)
    return state_dir / "server.log"
