"""One child process: started in a group of its own, bound to our life, its output in a file, ended on request.

It starts and stops; whether to start again is decided by `supervised_child`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from cyxwiz.local_cluster import bound_to_parent
from cyxwiz.local_cluster.ready_line import facts_from_ready_line

_STOP_SECONDS = 20.0
_TAIL_BYTES = 8192


class ChildProcess:
    """A running child; made by `start`."""

    def __init__(self, process: asyncio.subprocess.Process, log_path: Path, log_start: int) -> None:
        """Keep the process and where its own words begin in its log."""
        self._process = process
        self._log_path = log_path
        self._log_start = log_start

    @classmethod
    async def start(cls, command: Sequence[str], log_path: Path) -> Self:
        """Start `command`, a module's arguments after `python -m`, with standard error appended to `log_path`."""
        launcher = [sys.executable, "-I", "-S", bound_to_parent.__file__, str(os.getpid())]
        with log_path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *launcher,
                sys.executable,
                "-m",
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                # Ctrl-C on the terminal is for us alone; we end our children in order.
                start_new_session=True,
            )
            return cls(process, log_path, log.tell())

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def ready(self) -> Mapping[str, str] | None:
        """Return what its ready line says, None when it closed its output without one."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            facts = facts_from_ready_line(line.decode(errors="replace"))
            if facts is not None:
                return facts
        return None

    async def ended(self) -> int:
        """Return the exit code once the process has ended; negative is a signal."""
        async with asyncio.TaskGroup() as group:
            drain = group.create_task(self._drain())
            code = await self._process.wait()
            drain.cancel()
        return code

    async def stop(self) -> None:
        """Ask it to end, and end it when it does not."""
        self._signal(signal.SIGTERM)
        async with asyncio.TaskGroup() as group:
            ending = group.create_task(self.ended())
            # Not `asyncio.timeout`: this runs in cancelled tasks, where Python 3.11.2 makes a cancellation of its end.
            await asyncio.wait([ending], timeout=_STOP_SECONDS)
            if not ending.done():
                self._signal(signal.SIGKILL)

    def last_words(self) -> str:
        """Return the last line it wrote to its log, empty when it wrote none."""
        with self._log_path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").split("\n")
        return _sentence_of(next((line.strip() for line in reversed(lines) if line.strip()), ""))

    async def _drain(self) -> None:
        assert self._process.stdout is not None
        while await self._process.stdout.read(65536):
            pass

    def _signal(self, number: int) -> None:
        if self._process.returncode is None:
            try:
                os.killpg(self._process.pid, number)
            except ProcessLookupError:
                return  # it has ended by itself


def _sentence_of(line: str) -> str:
    """Return what a line of a log says to a person: of one in JSON, its message or else its event."""
    try:
        said = json.loads(line)
    except ValueError:
        return line
    return str(said.get("message") or said.get("event") or line) if isinstance(said, dict) else line
