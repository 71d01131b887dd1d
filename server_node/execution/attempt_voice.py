"""What an attempt's thread says while it runs: moves, rows of history, live progress now and then, log lines."""

from __future__ import annotations

from collections.abc import Callable

from server_node.attempts.events import AttemptMoved
from server_node.execution.engine import Chunk, Row, Training
from server_node.execution.progress_mailbox import Progress
from server_node.telemetry_records import HistoryRow, LiveProgress, LogLine
from shared.clock import Clock
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_messages import AttemptEnded, Outcome


class AttemptVoice:
    """The voice of one attempt, used by its thread alone.

    Args:
        live_seconds: how often `live` and `epoch` let something through, the first and the last apart.
    """

    def __init__(self, key: AttemptKey, put: Callable[[Progress], None], clock: Clock, *, live_seconds: float) -> None:
        self._key = key
        self._put = put
        self._clock = clock
        self._live_seconds = live_seconds
        self._live_due_seconds = 0.0
        self._epoch_due_seconds = 0.0

    def moved(self, state: AttemptState, training: Training, *, first_step_at_ms: int = 0) -> None:
        """Say how far the attempt got."""
        self._put(AttemptMoved(self._key, state, training.memory_bytes, training.start_step, first_step_at_ms))

    def live(self, chunk: Chunk, training: Training) -> None:
        """Say where training stands, when it is time to."""
        now = self._clock.monotonic_seconds()
        if now < self._live_due_seconds and not chunk.is_last:
            return
        self._live_due_seconds = now + self._live_seconds
        progress = LiveProgress(
            self._key,
            step=chunk.step,
            steps_total=training.steps_total,
            epoch=chunk.epoch,
            epochs=training.epochs,
            samples_processed=chunk.samples_processed,
            elapsed_ms=round(chunk.elapsed_seconds * 1000),
            metrics=dict(chunk.metrics or {}),
        )
        self._put(progress)

    def row(self, row: Row) -> None:
        """Say a row of history."""
        self._put(HistoryRow(self._key, row.step, row.epoch, self._clock.unix_ms(), dict(row.values)))

    def epoch(self, row: Row, epochs: int) -> None:
        """Log a row that ends an epoch, when it is time to: short epochs would drown the log."""
        now = self._clock.monotonic_seconds()
        if row.kind != "epoch" or (now < self._epoch_due_seconds and row.epoch < epochs):
            return
        self._epoch_due_seconds = now + self._live_seconds
        values = ", ".join(f"{name} {value:.6g}" for name, value in row.values.items())
        self.log("info", f"epoch {row.epoch} of {epochs}, step {row.step}: {values}")

    def ended(self, ended: AttemptEnded) -> None:
        """Log how the attempt ended."""
        why = f": {ended.message}" if ended.message else ""
        level = "error" if ended.outcome is Outcome.FAILED else "info"
        self.log(level, f"attempt {self._key.number} {ended.outcome.value} at step {ended.step}{why}")

    def log(self, level: str, text: str) -> None:
        """Add a line to the job's log."""
        self._put(LogLine(self._key, self._clock.unix_ms(), level, text))
