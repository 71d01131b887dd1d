"""MLflow: a run a job, found again by its tags. What MLflow was told it keeps, so each step is told once.

The step of the last row stands in a tag that is written with the rows; after a crash, or when an answer was lost, it
says where to go on.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from central_server.telemetry_records import MetricRow
from central_server.tracker_rules import TrackerName
from central_server.trackers.tracker import Outcome, Place, TrackedJob, TrackerAway, TrackerRefused
from shared.lifecycle import JobState

if TYPE_CHECKING:
    from mlflow.entities import Metric, Param, Run
    from mlflow.tracking import MlflowClient

STEP_TAG: Final = "cyxwiz.step"
STATE_TAG: Final = "cyxwiz.state"
METRICS_AT_ONCE = 900
"""MLflow takes at most 1,000 metrics, parameters and tags in one call."""
_MOST_PARAMETERS = 100
_LONGEST_VALUE = 500
_REFUSALS: Final = frozenset({"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "BAD_REQUEST", "INVALID_STATE"})
_STATUS: Final = {JobState.SUCCEEDED: "FINISHED", JobState.FAILED: "FAILED", JobState.CANCELLED: "KILLED"}
_ENVIRONMENT: Final = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # we try again ourselves, and from the right place
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_CONFIGURE_LOGGING": "false",  # its lines are to come in our log's form
    "MLFLOW_DISABLE_TELEMETRY": "true",  # nothing leaves for anywhere the operator has not named
}


class MlflowTracker:
    """A `Tracker` over a tracking server, or over its database.

    Args:
        uri: as MLflow writes it.
        experiment: where jobs go that name none.
    """

    name = TrackerName.MLFLOW
    takes_back = False

    def __init__(self, uri: str, experiment: str) -> None:
        self._uri = uri
        self._experiment = experiment
        self._client: MlflowClient | None = None
        self._experiment_ids: dict[str, str] = {}
        self._runs: dict[str, Run] = {}

    def start(self) -> None:
        """Load the library."""
        for name, value in _ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        if self._uri.startswith("file:"):
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
        from mlflow.tracking import MlflowClient  # noqa: PLC0415 - takes seconds, and only when asked for

        with _told():
            self._client = MlflowClient(tracking_uri=self._uri)

    def open(self, job: TrackedJob) -> Place:
        """Find the job's run, or make it; return how far it goes."""
        with _told():
            run = self._found(job) or self._made(job)
            self._tell_parameters(run, job)
            self._runs[job.job_id] = run
            return Place(0, int(run.data.tags.get(STEP_TAG, "-1")))

    def add(self, job_id: str, attempt: int, rows: Sequence[MetricRow]) -> None:  # noqa: ARG002 - none is taken back
        """Tell rows, each batch together with the step that it reaches."""
        from mlflow.entities import RunTag  # noqa: PLC0415 - loaded by `start`

        run_id = self._runs[job_id].info.run_id
        for some in _batches(rows):
            metrics = [metric for row in some for metric in _metrics(row.values, row.step, row.at_ms)]
            *full, last = [metrics[at : at + METRICS_AT_ONCE] for at in range(0, len(metrics), METRICS_AT_ONCE)] or [[]]
            with _told():
                for part in full:
                    self._known.log_batch(run_id, metrics=part)
                self._known.log_batch(run_id, metrics=last, tags=[RunTag(STEP_TAG, str(some[-1].step))])

    def finish(self, job_id: str, outcome: Outcome) -> None:
        """Tell how the job ended."""
        from mlflow.entities import RunTag  # noqa: PLC0415 - loaded by `start`

        run = self._runs[job_id]
        final = {**outcome.metrics, "duration_seconds": outcome.duration_seconds}
        tags = {
            STATE_TAG: outcome.state.value,
            "cyxwiz.reason": outcome.reason[:_LONGEST_VALUE],
            "cyxwiz.duration_seconds": f"{outcome.duration_seconds:.3f}",
        }
        with _told():
            if STATE_TAG not in run.data.tags:
                metrics = list(_metrics(final, outcome.step, outcome.ended_at_ms, prefix="final/"))
                self._known.log_batch(run.info.run_id, metrics, tags=[RunTag(*tag) for tag in tags.items()])
            self._known.set_terminated(run.info.run_id, _STATUS.get(outcome.state, "KILLED"), outcome.ended_at_ms)
        self._runs.pop(job_id)

    def leave(self, job_id: str) -> None:
        """Let go of a run: as it is, but no longer as one that goes on."""
        run = self._runs.pop(job_id, None)
        if run is None:
            return
        with contextlib.suppress(TrackerRefused), _told():  # somebody may have deleted it there
            self._known.set_terminated(run.info.run_id, "KILLED")

    def close(self) -> None:
        """Let go of the runs; those that go on are found again."""
        self._runs.clear()

    @property
    def _known(self) -> MlflowClient:
        assert self._client is not None, "start comes first"
        return self._client

    def _found(self, job: TrackedJob) -> Run | None:
        is_it = f"tags.`cyxwiz.job_id` = '{job.job_id}' and tags.`cyxwiz.submitted_at_ms` = '{job.submitted_at_ms}'"
        runs = self._known.search_runs([self._experiment_id(job)], filter_string=is_it, max_results=1)
        return runs[0] if runs else None

    def _made(self, job: TrackedJob) -> Run:
        tags = {
            **{_key(name): text[:_LONGEST_VALUE] for name, text in job.tags.items() if text},
            "cyxwiz.submitted_at_ms": str(job.submitted_at_ms),
            "mlflow.user": job.user_id,
            "mlflow.source.name": "cyxwiz",
        }
        return self._known.create_run(self._experiment_id(job), job.started_at_ms, tags, run_name=job.title)

    def _tell_parameters(self, run: Run, job: TrackedJob) -> None:
        parameters = list(_parameters(job.parameters))[:_MOST_PARAMETERS]
        missing = [parameter for parameter in parameters if parameter.key not in run.data.params]
        if missing:
            self._known.log_batch(run.info.run_id, params=missing)

    def _experiment_id(self, job: TrackedJob) -> str:
        name = job.experiment or self._experiment
        if name not in self._experiment_ids:
            found = self._known.get_experiment_by_name(name)
            if found is not None and found.lifecycle_stage != "active":
                raise TrackerRefused(f"MLflow's experiment {name!r} was deleted there: restore it, or name another")
            self._experiment_ids[name] = found.experiment_id if found else self._known.create_experiment(name)
        return self._experiment_ids[name]


def _batches(rows: Sequence[MetricRow]) -> Iterator[list[MetricRow]]:
    """Whole rows that go together; one that is too large alone goes alone."""
    batch: list[MetricRow] = []
    metrics = 0
    for row in rows:
        if batch and metrics + len(row.values) > METRICS_AT_ONCE:
            yield batch
            batch, metrics = [], 0
        batch.append(row)
        metrics += len(row.values)
    if batch:
        yield batch


def _metrics(values: Mapping[str, float], step: int, at_ms: int, prefix: str = "") -> Iterator[Metric]:
    from mlflow.entities import Metric  # noqa: PLC0415 - loaded by `start`

    for name, value in values.items():
        yield Metric(prefix + _key(name), value, at_ms, step)


def _parameters(said: Mapping[str, str | int | float]) -> Iterable[Param]:
    from mlflow.entities import Param  # noqa: PLC0415 - loaded by `start`

    for name, value in said.items():
        yield Param(_key(name), str(value)[:_LONGEST_VALUE])


def _key(name: str) -> str:
    """A name as MLflow takes them."""
    return re.sub(r"[^\w.\- /]", "_", name, flags=re.ASCII)[:250].strip("/ .") or "_"


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell a refusal of the tracker from its absence."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - loaded by `start`

    try:
        yield
    except MlflowException as failure:
        if failure.error_code in _REFUSALS:
            raise TrackerRefused(f"MLflow refused: {_first_line(failure)}") from failure
        raise TrackerAway(f"MLflow did not do it: {_first_line(failure)}") from failure
    except OSError as failure:
        raise TrackerAway(f"MLflow cannot be reached: {_first_line(failure)}") from failure


def _first_line(failure: Exception) -> str:
    return (str(failure).splitlines() or [type(failure).__name__])[0][:300]
