"""What `show` shows of a job and `nodes` of a node, as plain records. Every edge (gRPC, JSON) is made from these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from central_server.read_model import ReadModel, SeenJob
from central_server.scheduler.jobs import AttemptRecord, JobError, JobRecord, JobResult
from central_server.scheduler.nodes import NodeRecord
from central_server.telemetry_records import DeviceUse, Progress
from shared.job_spec import JobSpec
from shared.lifecycle import JobState, attempt_has_ended, job_has_ended
from shared.node_messages import ResultFile

WEIGHTS_FILE = "model.safetensors"
_NO_PROGRESS = Progress(attempt=0)
_GROWING = ("samples_processed", "elapsed_ms")


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as people see it. Times are Unix milliseconds, None until they happen.

    Attributes:
        progress: 0 to 1.
        attempt: number of the current or last attempt, 0 before the first.
        node_id: where it runs or ran last; empty before the first attempt.
    """

    job_id: str
    state: JobState
    reason: str
    waiting_reason: str
    progress: float
    epoch: int
    step: int
    steps_total: int
    attempt: int
    node_id: str
    submitted_at_ms: int
    started_at_ms: int | None
    first_step_at_ms: int | None
    ended_at_ms: int | None
    metrics: Mapping[str, float]
    attempts: tuple[AttemptRecord, ...]
    result: JobResult | None
    error: JobError | None
    spec: JobSpec


@dataclass(frozen=True, slots=True)
class RunningAttempt:
    """An attempt that holds a place on a node, and what people call its job."""

    job_id: str
    attempt: AttemptRecord
    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node with what is promised on it, in bytes by device id, and what it measured lately, by device id too."""

    record: NodeRecord
    attempts: tuple[RunningAttempt, ...]
    promised_bytes: Mapping[str, int]
    uses: Mapping[str, DeviceUse]


def view_job(seen: SeenJob, read_model: ReadModel) -> JobView:
    """Return what people see of a job at this moment."""
    record, progress = seen.record, _current_progress(seen)
    current = record.current_attempt
    steps_total = progress.steps_total or record.steps_total or (seen.progress.steps_total if seen.progress else 0)
    step, epoch = _place(record, progress, steps_total)
    is_queued = record.state is JobState.QUEUED
    return JobView(
        job_id=record.job_id,
        state=record.state,
        reason=record.reason,
        waiting_reason=read_model.waiting_reason(record.job_id) if is_queued else "",
        progress=_fraction(record, step, steps_total, epoch),
        epoch=epoch,
        step=step,
        steps_total=steps_total,
        attempt=current.number if current else 0,
        node_id=current.node_id if current else "",
        submitted_at_ms=record.submitted_at_ms,
        started_at_ms=record.started_at_ms or None,
        first_step_at_ms=record.first_step_at_ms or None,
        ended_at_ms=record.ended_at_ms or None,
        metrics=_metrics(record, progress),
        attempts=record.attempts,
        result=record.result,
        error=record.error,
        spec=record.spec,
    )


def view_nodes(read_model: ReadModel) -> tuple[NodeView, ...]:
    """Return every node with what runs on it, by id."""
    attempts = read_model.live_attempts()
    return tuple(_view_node(record, attempts.get(record.node_id, []), read_model) for record in read_model.nodes())


def _view_node(record: NodeRecord, live: list[tuple[JobRecord, AttemptRecord]], read_model: ReadModel) -> NodeView:
    promised = dict.fromkeys((device.device_id for device in record.description.devices), 0)
    for _, attempt in live:
        for device_id in attempt.device_ids:
            promised[device_id] = promised.get(device_id, 0) + attempt.memory_bytes
    running = tuple(
        RunningAttempt(job.job_id, attempt, job.spec.name, job.spec.labels)
        for job, attempt in sorted(live, key=lambda pair: pair[0].job_id)
    )
    return NodeView(
        record=record, attempts=running, promised_bytes=promised, uses=read_model.device_uses(record.node_id)
    )


def weights_of(result: JobResult) -> ResultFile | None:
    """Return the file with the weights among a job's results."""
    return next((file for file in result.files if file.name == WEIGHTS_FILE), None)


def artifact_uri(file: ResultFile) -> str:
    """Return where a file can be had."""
    return f"artifact://sha256:{file.sha256}"


def _current_progress(seen: SeenJob) -> Progress:
    """Live progress counts while its attempt is the job's current one; an older attempt's says nothing any more."""
    current = seen.record.current_attempt
    if seen.progress is None or current is None or seen.progress.attempt > current.number:
        return _NO_PROGRESS
    if seen.progress.attempt < current.number and not attempt_has_ended(current.state):
        return _NO_PROGRESS
    return seen.progress


def _place(record: JobRecord, progress: Progress, steps_total: int) -> tuple[int, int]:
    """Return step and epoch: live ones while there are any (a new try may begin further back), else the last known."""
    current = record.current_attempt
    if job_has_ended(record.state) or (current is not None and attempt_has_ended(current.state)):
        return max(record.step, progress.step), max(record.epoch, progress.epoch)
    if progress.step:
        return progress.step, progress.epoch or _epoch_of(progress.step, record.spec.epochs, steps_total)
    step = max(record.step, current.resumed_from_step if current else 0)
    return step, max(record.epoch, _epoch_of(step, record.spec.epochs, steps_total))


def _epoch_of(step: int, epochs: int, steps_total: int) -> int:
    """The epoch that a step belongs to, counted from 1; 0 before the first step and where nobody knows how many."""
    return -(-step * epochs // steps_total) if steps_total else 0


def _metrics(record: JobRecord, progress: Progress) -> dict[str, float]:
    """Final metrics over live ones over those of the last attempt's end."""
    counted = {"samples_processed": float(progress.samples_processed), "elapsed_ms": float(progress.elapsed_ms)}
    live = dict(progress.metrics) | {name: value for name, value in counted.items() if value}
    final = dict(record.result.final_metrics) if record.result else {}
    whole = _of_the_whole_run(record.last_metrics, live, final)
    return _with_rate(dict(record.last_metrics) | live | final | whole | _kept_epoch(final, whole))


def _of_the_whole_run(*sources: Mapping[str, float]) -> dict[str, float]:
    """What only grows has its largest value: final metrics may be those of an earlier epoch, whose weights are kept."""
    return {
        name: max(source[name] for source in sources if name in source)
        for name in _GROWING
        if any(name in source for source in sources)
    }


def _kept_epoch(final: Mapping[str, float], whole: Mapping[str, float]) -> dict[str, float]:
    """Of which epoch the values are, where the weights of an earlier one than the last are kept.

    A job that keeps the last weights tells its best epoch too, but its values are those of the whole run.
    """
    is_earlier = final.get("samples_processed", 0.0) < whole.get("samples_processed", 0.0)
    return {"kept_epoch": final["best_epoch"]} if "best_epoch" in final and is_earlier else {}


def _with_rate(metrics: dict[str, float]) -> dict[str, float]:
    """A job over before its speed was reported has the mean over all of it."""
    samples, elapsed_ms = metrics.get("samples_processed", 0.0), metrics.get("elapsed_ms", 0.0)
    if "samples_per_second" in metrics or not samples or not elapsed_ms:
        return metrics
    return metrics | {"samples_per_second": samples / elapsed_ms * 1000.0}


def _fraction(record: JobRecord, step: int, steps_total: int, epoch: int) -> float:
    if record.state is JobState.SUCCEEDED:
        return 1.0
    if steps_total:
        return min(1.0, step / steps_total)
    return min(1.0, epoch / record.spec.epochs) if record.spec.epochs else 0.0
