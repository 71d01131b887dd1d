"""Keeps one child running: starts it, starts it again when it dies, stops it when the task is cancelled.

A child that never got ready is not tried again: its trouble is told instead.
"""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cyxwiz.local_cluster.child_process import ChildProcess
from shared.backoff import Backoff
from shared.errors import MachineFailure

_RESTART_WAITS = Backoff(first_seconds=0.2, cap_seconds=15.0)
_READY_SECONDS = 120.0

Say = Callable[[str], None]


class ChildFailed(MachineFailure):
    """A process of the local cluster could not be started."""

    code = "child_failed"


class SupervisedChild:
    """One process of the cluster, however often it has to be started.

    Attributes:
        name: as people see it, such as `node-1`.
        first_ready: what its ready line said the first time.
    """

    def __init__(self, name: str, command: Callable[[], Sequence[str]], *, log_path: Path, say: Say) -> None:
        """Start nothing yet; `command` is asked anew before each start."""
        self.name = name
        self.first_ready: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()
        self._command = command
        self._log_path = log_path
        self._say = say

    async def run(self) -> None:
        """Keep it running until cancelled.

        Raises:
            ChildFailed: it ended, the first time, before it was ready.
        """
        failures = 0
        while True:
            child = await ChildProcess.start(self._command(), self._log_path)
            try:
                failures = 0 if await self._became_ready(child) else failures
                how = how_it_ended(await child.ended())
            finally:
                await child.stop()
            failures += 1
            wait_seconds = _RESTART_WAITS.wait_seconds(failures, random.random())  # noqa: S311  # jitter
            self._say(f"{self.name} {how}; starting it again in {wait_seconds:.1f} s (its log: {self._log_path})")
            await asyncio.sleep(wait_seconds)

    async def _became_ready(self, child: ChildProcess) -> bool:
        facts = await _ready_in_time(child)
        if facts is None and not self.first_ready.done():
            why = child.last_words() or f"it was not ready within {_READY_SECONDS:.0f} s"
            raise ChildFailed(f"{self.name} did not start: {why} (its log: {self._log_path})")
        if facts is None:
            return False
        if self.first_ready.done():
            self._say(f"{self.name} is ready again")
        else:
            self.first_ready.set_result(facts)
        return True


async def _ready_in_time(child: ChildProcess) -> Mapping[str, str] | None:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            return await child.ready()
    except TimeoutError:
        await child.stop()
        return None


def how_it_ended(code: int) -> str:
    """Return how a process ended in words."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
