"""The training loop: a generator that stops at every chunk boundary, so that its owner decides whether it goes on.

Chunks end inside epochs and metric rows, which lie at steps fixed by the job; how large chunks are changes nothing
but how often the owner is asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from server_node.training.best import has_finite_weights
from server_node.training.evaluate import Evaluation, evaluate
from server_node.training.evaluation_sums import perplexity
from server_node.training.pace import Pace
from server_node.training.prepared import PreparedTraining
from server_node.training.reports import ChunkKind, ChunkReport, MetricRow, RowKind
from server_node.training.train_state import NO_BAD_STEP, Readings
from shared.errors import TrainingDiverged

Clock = Callable[[], float]
COMPILE_WAIT_SECONDS = 0.05


def train(
    prepared: PreparedTraining, *, chunk_seconds: float = 0.05, clock: Clock = time.perf_counter
) -> Iterator[ChunkReport]:
    """Train to the end, yielding after every chunk; the first chunk is one step.

    Between two reports nothing runs on the device, so stopping is not asking for the next. A new generator on the same
    prepared training goes on where the last one stopped.

    Args:
        prepared: from `prepare`.
        chunk_seconds: about how long a chunk should take under the load there is.
        clock: seconds that only go forward.

    Raises:
        TrainingDiverged: when a loss, or what the last update leaves, is no finite number, naming the step.
        OutOfMemory: when the device cannot hold what a step needs.
    """
    run = _Run(prepared, chunk_seconds, clock)
    if prepared.step:
        yield from _close_epoch_left_open(run)
    while not prepared.is_done:
        yield from _train_epoch(run)
        yield from _close_epoch_left_open(run)
    yield from _test(run)


class _Run:
    """One generator's own things: its pace and its clock."""

    def __init__(self, prepared: PreparedTraining, chunk_seconds: float, clock: Clock) -> None:
        self.prepared = prepared
        self.pace = Pace(chunk_seconds)
        self.evaluation_pace = Pace(chunk_seconds)
        self.clock = clock
        self._last_tick = clock()

    def tick(self) -> float:
        """Add the time since the last tick to the training's own, and give it."""
        now = self.clock()
        passed, self._last_tick = now - self._last_tick, now
        self.prepared.elapsed_seconds += passed
        return passed

    @property
    def has_validation(self) -> bool:
        return self.prepared.setup.splits.validation.size > 0

    @property
    def has_test(self) -> bool:
        return self.prepared.setup.splits.test.size > 0


@dataclass(frozen=True, slots=True)
class _Live:
    """The readings of a chunk and what they are shown with."""

    readings: Readings
    samples_per_second: float


def _train_epoch(run: _Run) -> Iterator[ChunkReport]:
    prepared = run.prepared
    end = (prepared.step // prepared.steps_per_epoch + 1) * prepared.steps_per_epoch
    while prepared.step < end:
        live = _run_chunk(run, min(end, _next_row_step(prepared)) - prepared.step)
        _check_finite(live.readings)
        if prepared.step == prepared.steps_total:
            _check_weights(prepared)
        row = _row_at(run, live.readings)
        if row is not None:
            prepared.history.append(row)
        is_last = prepared.step == prepared.steps_total and not run.has_validation and not run.has_test
        yield _training_report(run, live, row, is_last=is_last)


def _run_chunk(run: _Run, most: int) -> _Live:
    prepared, steps, samples = run.prepared, run.pace.steps(most), run.prepared.setup.samples_after(run.prepared.step)
    run.tick()
    readings = prepared.run_chunk(steps)
    seconds = run.tick()
    run.pace.record(steps, seconds)
    trained = prepared.setup.samples_after(readings.step) - samples
    return _Live(readings, trained / max(seconds, 1e-9))


def _next_row_step(prepared: PreparedTraining) -> int:
    interval = prepared.setup.hyperparameters.metric_interval_steps
    return (prepared.step // interval + 1) * interval if interval else prepared.steps_total


def _check_finite(readings: Readings) -> None:
    if readings.first_bad_step != NO_BAD_STEP:
        raise TrainingDiverged(
            f"the loss stopped being a finite number at step {readings.first_bad_step}; "
            "lower learning_rate, set gradient_clip_norm, or look for extreme values in the data"
        )


def _check_weights(prepared: PreparedTraining) -> None:
    """Refuse what the last update made: no loss is computed from it any more that would tell."""
    if not has_finite_weights(prepared.current_model()):
        raise TrainingDiverged(
            f"the weights stopped being finite numbers with the last update, step {prepared.step}; "
            "lower learning_rate, set gradient_clip_norm, or look for extreme values in the data"
        )


def _row_at(run: _Run, readings: Readings) -> MetricRow | None:
    """Give the row that the finished step ends; an epoch's row waits for its validation."""
    prepared = run.prepared
    if prepared.step % prepared.steps_per_epoch == 0:
        return None if run.has_validation else _epoch_row(run, readings, None)
    interval = prepared.setup.hyperparameters.metric_interval_steps
    if interval and prepared.step % interval == 0:
        return _row(run, RowKind.INTERVAL, readings)
    return None


def _epoch_row(run: _Run, readings: Readings, validation: Evaluation | None) -> MetricRow:
    row = _row(run, RowKind.EPOCH, readings)
    if validation is None:
        return row
    return MetricRow(row.step, row.epoch, row.kind, {**row.values, **validation.metrics("val")})


def _row(run: _Run, kind: RowKind, readings: Readings) -> MetricRow:
    prepared = run.prepared
    values = {"loss": 0.0, "learning_rate": readings.learning_rate, **_learned(run, readings, kind)}
    values["samples_processed"] = float(prepared.setup.samples_after(prepared.step))
    values["elapsed_ms"] = prepared.elapsed_seconds * 1000
    return MetricRow(prepared.step, _epoch_of(prepared), kind, values)


def _learned(run: _Run, readings: Readings, kind: RowKind) -> dict[str, float]:
    """Give the means since a row of a kind: loss first, and what else the program tells."""
    structure, is_epoch = run.prepared.setup.structure, kind is RowKind.EPOCH
    values = {"loss": readings.epoch_loss if is_epoch else readings.interval_loss}
    if structure.has_accuracy:
        values["accuracy"] = readings.epoch_accuracy if is_epoch else readings.interval_accuracy
    if structure.has_perplexity:
        values["perplexity"] = perplexity(values["loss"])
    parts = readings.epoch_parts if is_epoch else readings.interval_parts
    return values | dict(zip(structure.part_names, parts, strict=True))


def _close_epoch_left_open(run: _Run) -> Iterator[ChunkReport]:
    """Validate and write the row of an epoch whose steps are done; also after a resume in the midst of it."""
    prepared = run.prepared
    is_at_end = prepared.step % prepared.steps_per_epoch == 0
    if not is_at_end or prepared.epochs_in_history >= prepared.step // prepared.steps_per_epoch:
        return
    readings = prepared.readings()
    validation: Evaluation | None = None
    if run.has_validation:
        yield from _until_evaluation_is_compiled(run)
    model, indices = prepared.current_model(), prepared.setup.splits.validation
    for validation in evaluate(prepared, model, indices, run.evaluation_pace, run.tick):
        if not validation.is_complete:
            yield _evaluation_report(run, {}, None, is_last=False)
    row = _epoch_row(run, readings, validation)
    prepared.judge(row)
    if prepared.is_done:
        _check_weights(prepared)
    is_last = prepared.is_done and not run.has_test
    yield _evaluation_report(run, dict(row.values), row, is_last=is_last)


def _until_evaluation_is_compiled(run: _Run) -> Iterator[ChunkReport]:
    """Yield while a new program's evaluation is compiled beside its first epoch: who trains may stop meanwhile."""
    while not run.prepared.program.evaluate_chunk.is_ready(within_seconds=COMPILE_WAIT_SECONDS):
        yield _evaluation_report(run, {}, None, is_last=False)


def _test(run: _Run) -> Iterator[ChunkReport]:
    if not run.has_test:
        return
    prepared = run.prepared
    yield from _until_evaluation_is_compiled(run)
    model, indices = prepared.chosen_model(), prepared.setup.splits.test
    for test in evaluate(prepared, model, indices, run.evaluation_pace, run.tick):
        if test.is_complete:
            prepared.evaluation = test.metrics("test")
        yield _evaluation_report(run, dict(prepared.evaluation), None, is_last=test.is_complete)


def _epoch_of(prepared: PreparedTraining) -> int:
    return max(prepared.step - 1, 0) // prepared.steps_per_epoch + 1


def _training_report(run: _Run, live: _Live, row: MetricRow | None, *, is_last: bool) -> ChunkReport:
    metrics = {
        "learning_rate": live.readings.learning_rate,
        "samples_per_second": live.samples_per_second,
        **_learned(run, live.readings, RowKind.INTERVAL),
    }
    return _report(run, ChunkKind.TRAINING, metrics, row, is_last=is_last)


def _evaluation_report(run: _Run, metrics: dict[str, float], row: MetricRow | None, *, is_last: bool) -> ChunkReport:
    return _report(run, ChunkKind.EVALUATION, metrics or None, row, is_last=is_last)


def _report(
    run: _Run, kind: ChunkKind, metrics: dict[str, float] | None, row: MetricRow | None, *, is_last: bool
) -> ChunkReport:
    prepared = run.prepared
    return ChunkReport(
        step=prepared.step,
        steps_total=prepared.steps_total,
        epoch=_epoch_of(prepared),
        epochs=prepared.epochs,
        samples_processed=prepared.setup.samples_after(prepared.step),
        elapsed_seconds=prepared.elapsed_seconds,
        metrics=metrics,
        history_row=row,
        kind=kind,
        is_last=is_last,
    )
