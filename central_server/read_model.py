"""What people may see: live jobs and nodes after their commit, jobs that ended lately, and the store for all others.

It is only ever written to after a commit, so nothing is shown that a crash could take back. It decides nothing.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from central_server.ports import JobPage, JobQuery, Store, StoredState
from central_server.scheduler.jobs import AttemptRecord, JobRecord
from central_server.scheduler.nodes import NodeRecord
from central_server.telemetry_records import DeviceUse, MetricRow, Progress
from central_server.watchers import Watchers
from shared.errors import NotFound
from shared.lifecycle import JobState, attempt_has_ended, job_has_ended

ENDED_KEPT = 2_000
ENDED_KEPT_BYTES = 64 * 1024 * 1024
"""How many jobs that ended stay in memory, and how much text of model definitions they may hold."""
_MOST = 2.0**63


@dataclass(frozen=True, slots=True)
class SeenJob:
    """A job as it is shown: its record and how far its current attempt has come, where that is known."""

    record: JobRecord
    progress: Progress | None


class ReadModel:
    """Readers call it from the event loop's thread; the control loop and the telemetry stream publish into it."""

    def __init__(self, store: Store, watchers: Watchers) -> None:
        self.watchers = watchers
        self._store = store
        self._live: dict[str, JobRecord] = {}
        self._placed: dict[str, JobRecord] = {}
        self._states: Counter[JobState] = Counter()
        self._ended: OrderedDict[str, JobRecord] = OrderedDict()
        self._ended_bytes = 0
        self._progress: dict[str, Progress] = {}
        self._replicas: dict[str, JobRecord] = {}
        self._nodes: dict[str, NodeRecord] = {}
        self._uses: dict[str, Mapping[str, DeviceUse]] = {}
        self.explain_waiting: Callable[[str], str] = lambda _job_id: ""
        self.on_change: Callable[[JobRecord | None, JobRecord], None] = lambda _before, _after: None

    # ---- what is published

    def restart(self, state: StoredState) -> None:
        """Forget live jobs and nodes, and begin with these; what has ended stays so."""
        self._live = {record.job_id: record for record in state.jobs}
        self._placed = {record.job_id: record for record in state.jobs if _has_place(record)}
        self._replicas = {record.job_id: record for record in state.jobs if record.spec.serving}
        self._states = Counter(record.state for record in state.jobs)
        self._nodes = {record.node_id: record for record in state.nodes}
        self.watchers.everything_changed()

    def seed_progress(self, rows: Iterable[MetricRow]) -> None:
        """Show the last stored rows of live jobs until their nodes are heard from again."""
        for row in rows:
            self._progress.setdefault(row.job_id, progress_from_row(row))

    def publish_job(self, record: JobRecord) -> None:
        """Show this record, and wake those who watch the job."""
        before = self._live.get(record.job_id) or self._ended.get(record.job_id)
        self._drop_live(record.job_id)
        if job_has_ended(record.state):
            self._keep_ended(record)
        else:
            self._keep_live(record)
        self.on_change(before, record)
        self.watchers.job_changed(record.job_id)

    def remove_job(self, job_id: str) -> None:
        """Show the job no more, and wake those who watch it."""
        self._drop_live(job_id)
        self._drop_ended(job_id)
        self._progress.pop(job_id, None)
        self.watchers.job_removed(job_id)

    def publish_node(self, record: NodeRecord) -> None:
        """Show this node."""
        self._nodes[record.node_id] = record
        self.watchers.list_changed()

    def publish_uses(self, node_id: str, uses: Iterable[DeviceUse]) -> None:
        """Show what a node measured of its devices."""
        self._uses[node_id] = {use.device_id: use for use in uses}
        self.watchers.list_changed()

    def publish_progress(self, job_id: str, progress: Progress) -> None:
        """Show how far a job has come."""
        self._progress[job_id] = progress
        self.watchers.job_changed(job_id)

    # ---- what is read

    def ended_job(self, job_id: str) -> JobRecord | None:
        """Return a job that ended a short while ago."""
        return self._ended.get(job_id)

    def recently_ended(self) -> tuple[JobRecord, ...]:
        """Return the jobs that ended lately, the oldest first."""
        return tuple(self._ended.values())

    def live_jobs(self) -> tuple[tuple[str, JobRecord], ...]:
        """Return every job that has not ended, with its id."""
        return tuple(self._live.items())

    def live_states(self) -> Mapping[JobState, int]:
        """Return how many jobs that have not ended are in each state."""
        return self._states

    def placed_jobs(self) -> tuple[SeenJob, ...]:
        """Return every job that runs or is promised to run, and how far it has come."""
        return tuple(SeenJob(record, self._progress.get(job_id)) for job_id, record in self._placed.items())

    def replicas(self) -> tuple[JobRecord, ...]:
        """Return every job that has not ended and is a replica of a deployment."""
        return tuple(self._replicas.values())

    def named_by_live_jobs(self) -> frozenset[str]:
        """Return the jobs, ended ones too, that some live job comes after."""
        return frozenset(name for record in self._live.values() for name in record.spec.after)

    def seen_now(self, job_id: str) -> SeenJob | None:
        """Return a job that is in memory."""
        record = self._live.get(job_id) or self._ended.get(job_id)
        return SeenJob(record, self._progress.get(job_id)) if record else None

    async def find(self, job_id: str) -> SeenJob:
        """Return one job, from memory or from the store.

        Raises:
            NotFound: there is none with this id.
        """
        if seen := self.seen_now(job_id):
            return seen
        record = await self._store.find_job(job_id)
        if record is None:
            raise NotFound(f"there is no job {job_id[:128]!r}; 'cyxwiz list' shows those there are", field="job_id")
        rows = await self._store.last_metric_rows([job_id])
        # It may have come to life, or changed, while the store was asked.
        return self.seen_now(job_id) or SeenJob(record, progress_from_row(rows[job_id]) if job_id in rows else None)

    async def list_jobs(self, query: JobQuery) -> JobPage:
        """Return one page of jobs, newest first, as the store has them."""
        return await self._store.list_jobs(query)

    async def seen(self, records: Iterable[JobRecord]) -> tuple[SeenJob, ...]:
        """Return how far each of these has come, from memory or from the store."""
        records = tuple(records)
        unknown = [record.job_id for record in records if record.job_id not in self._progress]
        rows = await self._store.last_metric_rows(unknown) if unknown else {}
        stored = {job_id: progress_from_row(row) for job_id, row in rows.items()}
        return tuple(
            SeenJob(record, self._progress.get(record.job_id) or stored.get(record.job_id)) for record in records
        )

    def waiting_reason(self, job_id: str) -> str:
        """Return why a queued job does not run yet."""
        return self.explain_waiting(job_id)

    def nodes(self) -> tuple[NodeRecord, ...]:
        """Return every node ever seen, by id."""
        return tuple(self._nodes[node_id] for node_id in sorted(self._nodes))

    def node(self, node_id: str) -> NodeRecord | None:
        """Return one node."""
        return self._nodes.get(node_id)

    def device_uses(self, node_id: str) -> Mapping[str, DeviceUse]:
        """Return what a node that is connected measured last, by device id."""
        node = self._nodes.get(node_id)
        return self._uses.get(node_id, {}) if node and node.session_id else {}

    def live_attempts(self) -> dict[str, list[tuple[JobRecord, AttemptRecord]]]:
        """Return job and attempt of all that runs or is promised to run, by node id."""
        found: dict[str, list[tuple[JobRecord, AttemptRecord]]] = {}
        for record in self._placed.values():
            if attempt := record.current_attempt:
                found.setdefault(attempt.node_id, []).append((record, attempt))
        return found

    def _keep_live(self, record: JobRecord) -> None:
        self._live[record.job_id] = record
        self._states[record.state] += 1
        if record.spec.serving:
            self._replicas[record.job_id] = record
        if _has_place(record):
            self._placed[record.job_id] = record

    def _drop_live(self, job_id: str) -> None:
        self._placed.pop(job_id, None)
        self._replicas.pop(job_id, None)
        if record := self._live.pop(job_id, None):
            self._states[record.state] -= 1

    def _keep_ended(self, record: JobRecord) -> None:
        self._drop_ended(record.job_id)
        self._ended[record.job_id] = record
        self._ended_bytes += len(record.spec.model_definition)
        while len(self._ended) > ENDED_KEPT or self._ended_bytes > ENDED_KEPT_BYTES:
            oldest = next(iter(self._ended))
            self._drop_ended(oldest)
            self._progress.pop(oldest, None)
            self.watchers.forget(oldest)

    def _drop_ended(self, job_id: str) -> None:
        if record := self._ended.pop(job_id, None):
            self._ended_bytes -= len(record.spec.model_definition)


def progress_from_row(row: MetricRow) -> Progress:
    """Return what a stored row tells of how far its attempt had come."""
    values = dict(row.values)
    return Progress(
        attempt=row.attempt,
        step=row.step,
        epoch=row.epoch,
        samples_processed=_count(values.pop("samples_processed", 0.0)),
        elapsed_ms=_count(values.pop("elapsed_ms", 0.0)),
        metrics=values,
    )


def _has_place(record: JobRecord) -> bool:
    attempt = record.current_attempt
    return attempt is not None and not attempt_has_ended(attempt.state)


def _count(value: float) -> int:
    """Return a number that a node stored as one of its metrics, 0 when it cannot be a count."""
    return int(value) if 0 <= value < _MOST else 0
