"""One attempt from its first to its last moment, inside its thread: prepare, train chunk by chunk, save, end.

It looks at the stop signal between chunks and talks to the event loop through the mailbox only. It never raises:
whatever happens becomes the `AttemptEnded` it returns.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from server_node.attempt_traces import NO_TRACE, AttemptTrace
from server_node.checkpoint_files import generations
from server_node.execution.attempt_voice import AttemptVoice
from server_node.execution.checkpoint_saver import DEFAULT_KEPT, CheckpointSaver
from server_node.execution.device_turns import DeviceTurns, Turn
from server_node.execution.engine import Chunk, PreparationStopped, Training, TrainingEngine
from server_node.execution.failures import code_and_sentence, is_expected
from server_node.execution.memory_ledger import MemoryLedger
from server_node.execution.phase import Phase, PhaseWatch
from server_node.execution.progress_mailbox import Progress
from server_node.execution.stop_signal import StopSignal
from server_node.folders import AttemptFolders
from shared.clock import Clock
from shared.errors import CyxWizError, OutOfMemory
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.log_lines import log_context, log_event
from shared.node_messages import AttemptEnded, OfferAttempt, Outcome, StopMode

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ThreadTools:
    """What every attempt's thread of a node shares; all of it thread-safe.

    Attributes:
        put: where progress goes.
        on_saved: told of every checkpoint that was written, in a thread.
        turns: how the attempts on a device share its time.
        trace: gives the trace of an attempt.
        checkpoints_kept: how many generations of a job's checkpoint stay on the disk.
        checkpoint_seconds: how often a running attempt is saved.
        live_seconds: how often it tells people where it stands.
    """

    engine: TrainingEngine
    ledger: MemoryLedger
    folders: AttemptFolders
    put: Callable[[Progress], None]
    clock: Clock
    node_name: str
    checkpoint_seconds: float
    live_seconds: float
    on_saved: Callable[[AttemptKey], None] = lambda _key: None
    turns: DeviceTurns = field(default_factory=DeviceTurns)
    checkpoints_kept: int = DEFAULT_KEPT
    trace: Callable[[AttemptKey], AttemptTrace] = lambda _key: NO_TRACE


class AttemptThread:
    """The body of one attempt's thread.

    `phases` may be read from any thread: what the attempt waits for.
    """

    def __init__(self, offer: OfferAttempt, signal: StopSignal, tools: ThreadTools) -> None:
        self._offer = offer
        self._key: AttemptKey = offer.key
        self._signal = signal
        self._tools = tools
        self._trace = tools.trace(offer.key)
        self._saver = CheckpointSaver(
            tools.folders.checkpoint(offer.key.job_id),
            interval_seconds=tools.checkpoint_seconds,
            keep=tools.checkpoints_kept,
            on_saved=lambda: tools.on_saved(offer.key),
            traced=lambda step: self._trace.span("node.checkpoint", step=step),
        )
        self._last: Chunk | None = None
        self._steps_total = 0
        self._say = AttemptVoice(offer.key, tools.put, tools.clock, live_seconds=tools.live_seconds)
        self._compute_started: float | None = None
        self._has_state = offer.spec.job_type != "serving"
        self.phases = PhaseWatch()

    def run(self) -> AttemptEnded:
        """Run the attempt and return how it ended, with nothing of it left on the device."""
        with log_context(job_id=self._key.job_id, attempt=self._key.number), self._trace.run():
            return self._run_to_its_end()

    def _run_to_its_end(self) -> AttemptEnded:
        self._say.log("info", f"attempt {self._key.number} started on node {self._tools.node_name}")
        try:
            ended = self._run()
        except PreparationStopped:
            ended = self._stopped(None)
        except BaseException as failure:  # noqa: BLE001 - a thread of ours must never take the process down
            ended = self._failed(failure)
        self._saver.finish()
        self._say.ended(ended)
        return ended

    def _run(self) -> AttemptEnded:
        training = self._prepare()
        try:
            return self._run_prepared(training)
        finally:
            self.phases.enter(Phase.WRITING)
            self._saver.finish()
            training.close()

    def _run_prepared(self, training: Training) -> AttemptEnded:
        if self._signal.is_set():
            raise PreparationStopped
        try:
            self._tools.ledger.claim(self._key, training.memory_bytes)
        except OutOfMemory as refusal:
            return self._end(Outcome.DECLINED, code=refusal.code, message=str(refusal))
        self._announce(training)
        return self._train(training)

    def _prepare(self) -> Training:
        if self._signal.is_set():
            raise PreparationStopped
        newest = self._tools.folders.checkpoint(self._key.job_id)
        with self._trace.span("node.prepare", device=self._offer.device_ids[0]):
            return self._tools.engine.prepare(
                self._offer.spec,
                self._offer.device_ids[0],
                checkpoints=generations(newest),
                should_stop=self._signal.is_set,
            )

    def _announce(self, training: Training) -> None:
        self._steps_total = training.steps_total
        self._say.moved(AttemptState.STARTING, training)
        for note in training.notes:
            self._say.log("info", note)
        for row in training.past_rows:
            self._say.row(row)

    def _train(self, training: Training) -> AttemptEnded:
        self._compute_started = time.perf_counter()
        self.phases.enter(Phase.COMPUTING)
        with self._turn() as turn:
            self._trace.chunks_begin()
            try:
                return self._train_in_turn(training, turn)
            finally:
                self._trace.chunks_done()

    def _turn(self) -> AbstractContextManager[Turn | None]:
        """Return the attempt's way of asking for its device; a replica, which mostly waits, holds up nobody."""
        if not self._has_state:
            return nullcontext()
        return self._tools.turns.share(self._offer.device_ids[0], self._offer.weight)

    def _train_in_turn(self, training: Training, turn: Turn | None) -> AttemptEnded:
        for chunk in _in_turn(training.chunks(), turn, self._signal.is_set):
            self._take(chunk, training)
            if chunk.is_last:
                return self._succeeded(training)
            if self._signal.is_set():
                return self._stopped(training)
            if self._has_state:
                self._saver.save_if_due(chunk.step, training.snapshot)
        return self._succeeded(training)

    def _take(self, chunk: Chunk, training: Training) -> None:
        if self._last is None:
            self._say.moved(AttemptState.RUNNING, training, first_step_at_ms=self._tools.clock.unix_ms())
        self._last = chunk
        self._trace.chunk_done(chunk.step)
        if chunk.history_row is not None:
            self._say.row(chunk.history_row)
            self._say.epoch(chunk.history_row, training.epochs)
        self._say.live(chunk, training)

    def _succeeded(self, training: Training) -> AttemptEnded:
        with self.phases.during(Phase.WRITING), self._trace.span("node.write_result"):
            files, final_metrics = training.write_result(self._tools.folders.result(self._key))
        ended = self._end(Outcome.SUCCEEDED)
        return dataclasses.replace(ended, files=files, final_metrics=final_metrics)

    def _stopped(self, training: Training | None) -> AttemptEnded:
        mode = self._signal.mode or StopMode.CHECKPOINT
        match mode:
            case StopMode.CANCEL | StopMode.ABANDON:
                return self._end(Outcome.CANCELLED, message="cancelled")
            case StopMode.CHECKPOINT:
                self._save_last(training)
                return self._end(Outcome.PREEMPTED, message="stopped by request, to be resumed")
            case _:
                assert_never(mode)

    def _save_last(self, training: Training | None) -> None:
        if training is None or self._last is None or not self._has_state:
            return
        try:
            with self.phases.during(Phase.WRITING):
                self._saver.save_now(self._last.step, lambda: self._snapshot(training))
        except CyxWizError as failure:
            step = self._saver.saved_step or training.start_step
            self._say.log("warning", f"{failure}; the job will go on from step {step}")

    def _snapshot(self, training: Training) -> Callable[[Path], None]:
        with self.phases.during(Phase.COMPUTING):
            return training.snapshot()

    def _failed(self, failure: BaseException) -> AttemptEnded:
        code, sentence = code_and_sentence(failure)
        trace = None if is_expected(failure) else failure
        log_event(_LOG, "attempt_failed", is_warning=True, exception=trace, attempt=self._key, code=code, why=sentence)
        return self._end(Outcome.FAILED, code=code, message=sentence)

    def _end(self, outcome: Outcome, *, code: str = "", message: str = "") -> AttemptEnded:
        return AttemptEnded(
            self._key,
            outcome,
            error_code=code,
            message=message,
            step=self._last.step if self._last else 0,
            epoch=self._last.epoch if self._last else 0,
            steps_total=self._steps_total,
            compute_seconds=self._computed_seconds(),
            checkpoint_step=self._saver.saved_step,
        )

    def _computed_seconds(self) -> float:
        return 0.0 if self._compute_started is None else time.perf_counter() - self._compute_started


def _in_turn(chunks: Iterator[Chunk], turn: Turn | None, should_stop: Callable[[], bool]) -> Iterator[Chunk]:
    """Yield the chunks, each made when it is the attempt's turn."""
    if turn is None:
        yield from chunks
        return
    while True:
        turn.wait(should_stop)
        started = time.perf_counter()
        chunk = next(chunks, None)
        turn.used(time.perf_counter() - started)
        if chunk is None:
            return
        yield chunk
