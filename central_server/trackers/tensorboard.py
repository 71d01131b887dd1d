"""TensorBoard's event files: a folder a job, of which each process and each attempt writes another file.

A file begins by saying from which step on it takes the place of earlier ones, so what a reader shows is each step once,
as the last attempt had it, also after a crash between writing and remembering. Nothing here reads event files.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from central_server.telemetry_records import MetricRow
from central_server.tracker_rules import TrackerName
from central_server.trackers.tracker import Outcome, Place, TrackedJob, TrackerAway
from shared.clock import Clock
from shared.lifecycle import JobState

if TYPE_CHECKING:
    from tensorboardX.event_file_writer import EventsWriter

MOST_OPEN_FILES = 64
_PLACE_FILE = "cyxwiz.json"
_TITLE_CHARACTERS = 60


@dataclass(slots=True)
class _Run:
    job: TrackedJob
    folder: Path
    place: Place
    is_new: bool
    writer: EventsWriter | None = None
    attempt: int = 0


class TensorBoardTracker:
    """A `Tracker` over a folder.

    Args:
        folder: exists.
        clock: stamps what has no time of its own.
    """

    name = TrackerName.TENSORBOARD
    takes_back = True

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._runs: OrderedDict[str, _Run] = OrderedDict()
        self._files = itertools.count()

    def start(self) -> None:
        """Load the library."""
        import tensorboardX.event_file_writer  # noqa: F401, PLC0415 - only when asked for

    def open(self, job: TrackedJob) -> Place:
        """Find the job's folder, or make it; return how far its files go."""
        with _disk():
            self.leave(job.job_id)
            folder = self._folder_of(job)
            said = _remembered(folder)
            place = Place(int(said["attempt"]), int(said["step"])) if said else Place()
            self._runs[job.job_id] = _Run(job, folder, place, is_new=not said)
            return place

    def add(self, job_id: str, attempt: int, rows: Sequence[MetricRow]) -> None:
        """Write rows; the first ones of an attempt, or of this process, take back every step from there on."""
        run = self._runs[job_id]
        self._runs.move_to_end(job_id)
        with _disk():
            if run.attempt != attempt:
                self._close(run)
            writer = run.writer or self._begin_file(run, rows[0].step)
            for row in rows:
                writer.write_event(_scalars(row.values, row.step, row.at_ms))
            writer.flush()
            run.attempt, run.place = attempt, Place(attempt, rows[-1].step)
            _remember(run)
            self._close_what_is_too_much()

    def finish(self, job_id: str, outcome: Outcome) -> None:
        """Write how the job ended, beside its last step."""
        run = self._runs[job_id]
        with _disk():
            writer = run.writer or self._begin_file(run, run.place.step + 1)
            step = max(outcome.step, run.place.step + 1)  # behind every row: told again, it takes its own place
            final = {**outcome.metrics, "duration_seconds": outcome.duration_seconds}
            named = {f"final/{name}": value for name, value in final.items()}
            writer.write_event(_scalars(named, step, outcome.ended_at_ms))
            text = {"state": str(outcome.state), "reason": outcome.reason, "duration_seconds": outcome.duration_seconds}
            writer.write_event(_text("outcome", text, step, outcome.ended_at_ms))
            writer.write_event(_session_end(outcome))
        self.leave(job_id)

    def leave(self, job_id: str) -> None:
        """Close the job's file."""
        if run := self._runs.pop(job_id, None):
            with _disk():
                self._close(run)

    def close(self) -> None:
        """Close every file."""
        for job_id in list(self._runs):
            with contextlib.suppress(TrackerAway):
                self.leave(job_id)

    def _folder_of(self, job: TrackedJob) -> Path:
        """A deleted job's folder stays its own when another job comes under its id."""
        title = re.sub(r"[^A-Za-z0-9_-]+", "-", job.title)[:_TITLE_CHARACTERS].strip("-")
        name = job.job_id if not title or title == job.job_id else f"{title}-{job.job_id}"
        said = _remembered(self._folder / name)
        is_its_own = not said or said["submitted_at_ms"] == job.submitted_at_ms
        folder = self._folder / (name if is_its_own else f"{name}-{job.submitted_at_ms}")
        folder.mkdir(exist_ok=True)
        return folder

    def _begin_file(self, run: _Run, step: int) -> EventsWriter:
        from tensorboardX.event_file_writer import EventsWriter  # noqa: PLC0415 - only when asked for

        # Readers take files in the order of their names, which begin with the second they are made in.
        suffix = f".{self._clock.unix_ms():015d}.{next(self._files):06d}"
        writer = run.writer = EventsWriter(str(run.folder / "events"), suffix)
        writer.write_event(_restart(step))
        if run.is_new:
            writer.write_event(_text("job", {**run.job.parameters, **run.job.tags}, 0, run.job.started_at_ms))
            for event in _session_start(run.job):
                writer.write_event(event)
            run.is_new = False
        return writer

    def _close_what_is_too_much(self) -> None:
        opened = [run for run in self._runs.values() if run.writer]
        for run in opened[: max(0, len(opened) - MOST_OPEN_FILES)]:
            self._close(run)

    @staticmethod
    def _close(run: _Run) -> None:
        writer, run.writer = run.writer, None
        if writer is not None:
            writer.close()


def _remembered(folder: Path) -> dict[str, Any]:
    try:
        said = json.loads((folder / _PLACE_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return said if isinstance(said, dict) and {"attempt", "step", "submitted_at_ms"} <= set(said) else {}


def _remember(run: _Run) -> None:
    said = {"attempt": run.place.attempt, "step": run.place.step, "submitted_at_ms": run.job.submitted_at_ms}
    fresh = run.folder / f".{_PLACE_FILE}"
    fresh.write_text(json.dumps(said))
    fresh.replace(run.folder / _PLACE_FILE)  # not made durable: one that is lost only has rows written once more


def _restart(step: int) -> Any:
    from tensorboardX.proto import event_pb2  # noqa: PLC0415 - only when asked for

    session_log = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    return event_pb2.Event(step=step, session_log=session_log)


def _scalars(values: Mapping[str, float], step: int, at_ms: int) -> Any:
    from tensorboardX.proto import event_pb2, summary_pb2  # noqa: PLC0415 - only when asked for

    named = [summary_pb2.Summary.Value(tag=_tag(name), simple_value=value) for name, value in values.items()]
    return event_pb2.Event(wall_time=at_ms / 1000, step=step, summary=summary_pb2.Summary(value=named))


def _text(tag: str, said: Mapping[str, object], step: int, at_ms: int) -> Any:
    from tensorboardX.proto import event_pb2  # noqa: PLC0415 - only when asked for
    from tensorboardX.summary import text  # noqa: PLC0415 - the same

    lines = [f"| {_cell(name)} | {_cell(value)} |" for name, value in said.items() if value != ""]
    table = "\n".join(["| | |", "|---|---|", *lines])
    return event_pb2.Event(wall_time=at_ms / 1000, step=step, summary=text(tag, table))


def _session_start(job: TrackedJob) -> Iterator[Any]:
    from tensorboardX.proto import event_pb2  # noqa: PLC0415 - only when asked for
    from tensorboardX.summary import hparams  # noqa: PLC0415 - the same

    metrics = dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), 0)
    for summary in hparams(dict(job.parameters), metrics)[:2]:
        yield event_pb2.Event(wall_time=job.started_at_ms / 1000, summary=summary)


def _session_end(outcome: Outcome) -> Any:
    from tensorboardX.proto import event_pb2, plugin_hparams_pb2  # noqa: PLC0415 - only when asked for
    from tensorboardX.proto.api_pb2 import STATUS_FAILURE, STATUS_SUCCESS  # noqa: PLC0415 - the same
    from tensorboardX.summary import hparams  # noqa: PLC0415 - the same

    summary = hparams({}, {})[2]
    status = STATUS_SUCCESS if outcome.state is JobState.SUCCEEDED else STATUS_FAILURE
    end = plugin_hparams_pb2.SessionEndInfo(status=status, end_time_secs=outcome.ended_at_ms / 1000)
    content = plugin_hparams_pb2.HParamsPluginData(session_end_info=end, version=0)
    summary.value[0].metadata.plugin_data.content = content.SerializeToString()
    return event_pb2.Event(wall_time=outcome.ended_at_ms / 1000, summary=summary)


def _tag(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_./-]", "_", name) or "_"


def _cell(value: object) -> str:
    text = str(value) if not isinstance(value, float) or math.isfinite(value) else "not finite"
    return re.sub(r"([\\`*_{}\[\]<>()#+!|])", r"\\\1", " ".join(text.split()))[:500]


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise TrackerAway(f"TensorBoard's event files cannot be written: {failure}") from failure
