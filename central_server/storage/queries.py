"""The reads of the store, each on a connection that somebody else opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

from sqlalchemy import ColumnElement, Connection, Select, bindparam, exists, func, select

from central_server.ports import StoredState
from central_server.scheduler.jobs import JobRecord
from central_server.storage import tables
from central_server.storage.rows import USE_OF, job_from_row, log_line_from_row, metrics_from_row, node_from_row
from central_server.telemetry_records import LogLine, MetricRow
from shared.lifecycle import JobState, job_has_ended

_NAMES = "names"
_DIGESTS = select(tables.jobs.c.job_id, tables.jobs.c.content_digest).where(
    tables.jobs.c.job_id.in_(bindparam(_NAMES, expanding=True))
)
_LAST_METRIC_ROW = (
    select(tables.metric_rows)
    .where(tables.metric_rows.c.job_id == bindparam("job_id"))
    .order_by(tables.metric_rows.c.step.desc())
    .limit(1)
)
_ROWS_AT_ONCE = 1_000
_UNFINISHED = [state.value for state in JobState if not job_has_ended(state)]


def stored_state(connection: Connection) -> StoredState:
    """Return unfinished jobs in the order they came, every node, and the next sequence."""
    last = connection.scalar(select(func.max(tables.jobs.c.sequence))) or 0
    return StoredState(
        jobs=tuple(sorted(_unfinished_jobs(connection), key=attrgetter("sequence"))),
        nodes=tuple(
            node_from_row(row)
            for row in connection.execute(select(tables.nodes).order_by(tables.nodes.c.node_id)).mappings()
        ),
        next_sequence=last + 1,
        device_seconds=_device_seconds(connection),
    )


def _unfinished_jobs(connection: Connection) -> Iterator[JobRecord]:
    """Yield them in any order: the database would carry every whole row through a sort."""
    found = connection.execute(_whole_jobs().where(tables.jobs.c.state.in_(_UNFINISHED)))
    names = tuple(found.keys())
    for rows in found.partitions(_ROWS_AT_ONCE):
        for row in rows:
            yield job_from_row(dict(zip(names, row, strict=True)))


def facts(connection: Connection, prefix: str) -> dict[str, str]:
    """Return the server's small facts whose names begin so."""
    fact = tables.server_state.c
    rows = connection.execute(select(fact.name, fact.value).where(fact.name.startswith(prefix, autoescape=True)))
    return {name: value for name, value in rows if name.startswith(prefix)}  # LIKE may not mind the case


def _device_seconds(connection: Connection) -> dict[str, float]:
    return {name.removeprefix(USE_OF): float(value) for name, value in facts(connection, USE_OF).items()}


def job_by_id(connection: Connection, job_id: str) -> JobRecord | None:
    """Return one job, or None."""
    row = connection.execute(_whole_jobs().where(tables.jobs.c.job_id == job_id)).mappings().first()
    return job_from_row(row) if row else None


def content_digests(connection: Connection, job_ids: Sequence[str]) -> dict[str, str]:
    """Return the digests of those of these jobs that are there, by job id."""
    return {row.job_id: row.content_digest for row in connection.execute(_DIGESTS, {_NAMES: list(job_ids)})}


def count_by_state(connection: Connection) -> dict[JobState, int]:
    """Return how many jobs, replicas of deployments aside, are in each state."""
    state = tables.jobs.c.state
    shown = select(state, func.count()).where(is_no_replica(tables.jobs.c.sequence)).group_by(state)
    return {JobState(name): count for name, count in connection.execute(shown)}


def is_no_replica(sequence: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a job, by its sequence, is one that people submitted."""
    return ~exists().where(tables.replicas.c.sequence == sequence)


def metric_rows(connection: Connection, job_id: str, *, after_step: int, limit: int) -> tuple[MetricRow, ...]:
    """Return a job's history after a step, in order."""
    rows = tables.metric_rows
    query = select(rows).where(rows.c.job_id == job_id, rows.c.step > after_step).order_by(rows.c.step).limit(limit)
    return tuple(metrics_from_row(row) for row in connection.execute(query).mappings())


def last_metric_rows(connection: Connection, job_ids: Sequence[str]) -> dict[str, MetricRow]:
    """Return the newest row of each job that has one."""
    found: dict[str, MetricRow] = {}
    for job_id in job_ids:
        row = connection.execute(_LAST_METRIC_ROW, {"job_id": job_id}).mappings().first()
        if row:
            found[job_id] = metrics_from_row(row)
    return found


def log_lines(connection: Connection, job_id: str, *, after_sequence: int, limit: int) -> tuple[LogLine, ...]:
    """Return a job's log after a line, in order."""
    lines = tables.log_lines
    query = (
        select(lines)
        .where(lines.c.job_id == job_id, lines.c.sequence > after_sequence)
        .order_by(lines.c.sequence)
        .limit(limit)
    )
    return tuple(log_line_from_row(row) for row in connection.execute(query).mappings())


def referenced_artifacts(connection: Connection) -> frozenset[str]:
    """Return every artifact that some job or some deployment refers to."""
    of_jobs = connection.scalars(select(tables.artifact_references.c.sha256).distinct())
    of_deployments = connection.scalars(select(tables.deployments.c.weights_sha256))
    return frozenset(of_jobs) | frozenset(of_deployments)


def _whole_jobs() -> Select[tuple[object, ...]]:
    specs = tables.job_specs.c
    return select(tables.jobs, specs.spec, specs.model_definition).join(
        tables.job_specs, specs.job_id == tables.jobs.c.job_id
    )
