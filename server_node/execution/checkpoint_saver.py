"""When to save an attempt, and saving it beside the training: its thread copies, another one writes.

At most one write is under way. The wait between two grows so that saving never takes more than a twentieth of
the time. A new checkpoint is whole on the disk before it takes the place of the newest.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from pathlib import Path

from server_node.checkpoint_files import put_in_place
from shared.errors import MachineFailure
from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)
LARGEST_SHARE = 0.05
DEFAULT_KEPT = 2


class CheckpointSaver:
    """Owned by one attempt's thread; every method is called from it.

    Args:
        path: where the newest checkpoint lies.
        interval_seconds: how often to save, when that is quickly done.
        keep: how many generations stay.
        on_saved: called by the thread that has written one, before another can be.
        traced: gives a block around the writing of a step's checkpoint.
        write_deadline_seconds: how long `finish` waits for a write that is under way.
    """

    def __init__(
        self,
        path: Path,
        *,
        interval_seconds: float,
        keep: int = DEFAULT_KEPT,
        on_saved: Callable[[], None] = lambda: None,
        traced: Callable[[int], AbstractContextManager[None]] = lambda _step: nullcontext(),
        clock: Callable[[], float] = time.monotonic,
        write_deadline_seconds: float = 120.0,
    ) -> None:
        self._path = path
        self._interval_seconds = interval_seconds
        self._keep = keep
        self._on_saved = on_saved
        self._traced = traced
        self._clock = clock
        self._write_deadline_seconds = write_deadline_seconds
        self._due_seconds = clock() + interval_seconds
        self._writer: threading.Thread | None = None
        self._saved_step = 0
        self._failure: Exception | None = None
        self._placing = threading.Lock()
        self._is_given_up = False

    @property
    def saved_step(self) -> int:
        """The step of the newest checkpoint that was written by this attempt; 0 for none."""
        return self._saved_step

    def save_if_due(self, step: int, snapshot: Callable[[], Callable[[Path], None]]) -> None:
        """Start to save when it is time and no write is under way; a failed write is logged and tried again later."""
        if self._clock() < self._due_seconds or self._is_writing():
            return
        started = self._clock()
        try:
            write = snapshot()
        except Exception as failure:  # noqa: BLE001 - an attempt must not die because it could not be saved
            self._put_off(step, failure, started)
            return
        copied_seconds = self._clock() - started
        self._due_seconds = float("inf")  # until the writer knows how long it took
        self._writer = threading.Thread(
            target=copy_context().run, args=(self._write, write, step, copied_seconds), name="checkpoint", daemon=True
        )
        self._writer.start()

    def save_now(self, step: int, snapshot: Callable[[], Callable[[Path], None]]) -> None:
        """Save and return when it is on disk.

        Raises:
            MachineFailure: it could not be saved, and why; the newest one that was stays.
        """
        self._await_writer()
        self._failure = None
        started = self._clock()
        try:
            write = snapshot()
        except Exception as failure:  # noqa: BLE001 - out of memory, a dead process: what was saved before still counts
            self._put_off(step, failure, started)
        else:
            self._write(write, step, 0.0)
        if self._failure is not None:
            raise MachineFailure(f"the last checkpoint could not be saved: {self._failure}") from self._failure

    def finish(self) -> None:
        """Wait for a write that is under way; nothing touches the newest checkpoint afterwards."""
        self._await_writer()
        with self._placing:
            self._is_given_up = self._is_writing()

    def _await_writer(self) -> None:
        if self._writer is not None:
            self._writer.join(self._write_deadline_seconds)

    def _is_writing(self) -> bool:
        return self._writer is not None and self._writer.is_alive()

    def _write(self, write: Callable[[Path], None], step: int, copied_seconds: float) -> None:
        started = self._clock()
        try:
            with self._traced(step):
                is_newest = self._write_and_place(write, step)
            if is_newest:
                self._on_saved()
        except Exception as failure:  # noqa: BLE001 - the same
            self._put_off(step, failure, started - copied_seconds)
            return
        self._wait_after(started - copied_seconds)

    def _write_and_place(self, write: Callable[[Path], None], step: int) -> bool:
        """Save, and tell whether it became the newest: a write that took too long may come after a later one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f".{secrets.token_hex(8)}.fresh")
        try:
            write(fresh)
            with self._placing:
                if self._is_given_up or step < self._saved_step:
                    return False
                put_in_place(fresh, self._path, keep=self._keep)
                self._saved_step = step
                return True
        finally:
            fresh.unlink(missing_ok=True)

    def _put_off(self, step: int, failure: Exception, started: float) -> None:
        self._failure = failure
        log_event(_LOG, "checkpoint_failed", is_warning=True, path=self._path, step=step, why=failure)
        self._wait_after(started)

    def _wait_after(self, started: float) -> None:
        ended = self._clock()
        self._due_seconds = ended + max(self._interval_seconds, (ended - started) / LARGEST_SHARE)
