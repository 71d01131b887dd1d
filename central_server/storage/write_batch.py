"""Writes one batch inside a transaction that somebody else opened: jobs, nodes, telemetry. It commits nothing.

The SQL is what SQLite and PostgreSQL both understand; `ON CONFLICT` comes from the dialect at hand.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Insert, Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from central_server.scheduler.effects import RemoveJob, SaveJob, SaveNode, SaveUse, Write
from central_server.scheduler.jobs import JobRecord
from central_server.storage import tables
from central_server.storage.rows import (
    USE_OF,
    artifacts_of,
    row_for_replicas,
    row_for_search,
    row_from_job,
    row_from_log_line,
    row_from_metrics,
    row_from_node,
    row_from_spec,
)
from central_server.telemetry_records import LogLine, MetricRow

_AT_ONCE = 500
"""Names in one IN (…): well below what any of the databases allows."""

_NAMES = "names"
_OF_THESE: BindParameter[Any] = bindparam(_NAMES, expanding=True)
_PRESENT_JOBS = select(tables.jobs.c.job_id).where(tables.jobs.c.job_id.in_(_OF_THESE))
_REFERENCES_OF_JOBS = select(tables.artifact_references.c.job_id, tables.artifact_references.c.sha256).where(
    tables.artifact_references.c.job_id.in_(_OF_THESE)
)
_STILL_REFERENCED = select(tables.artifact_references.c.sha256).where(
    tables.artifact_references.c.sha256.in_(_OF_THESE)
)
"""Statements are made once and run with other names: making one costs more than running it."""

_T = TypeVar("_T")


def write_all(connection: Connection, writes: Sequence[Write], with_spec: Container[str]) -> frozenset[str]:
    """Do `writes`, the last word on each thing alone; return artifacts that no job refers to any more.

    Args:
        connection: within a transaction.
        writes: what is to be durable.
        with_spec: jobs whose specs are known to be there already; those of others are written if they are missing.
    """
    saved: dict[str, JobRecord] = {}
    removed: dict[str, None] = {}
    nodes: dict[str, dict[str, Any]] = {}
    uses: dict[str, dict[str, Any]] = {}
    for write in writes:
        match write:
            case SaveJob(record):
                saved[record.job_id] = record
            case RemoveJob(job_id):
                saved.pop(job_id, None)
                removed[job_id] = None
            case SaveNode(node):
                nodes[node.node_id] = row_from_node(node)
            case SaveUse(user_id, device_seconds):
                uses[user_id] = {"name": USE_OF + user_id, "value": repr(device_seconds)}
    without_spec = {job_id for job_id in saved if job_id in removed or job_id not in with_spec}
    freed = _remove_jobs(connection, list(removed)) | _save_jobs(connection, list(saved.values()), without_spec)
    _upsert(connection, tables.nodes, list(nodes.values()), keys=("node_id",))
    _upsert(connection, tables.server_state, list(uses.values()), keys=("name",))
    return frozenset(freed - _still_referenced(connection, sorted(freed)))


def write_telemetry(connection: Connection, rows: Sequence[MetricRow], lines: Sequence[LogLine]) -> None:
    """Write rows and lines of jobs that are still there."""
    present = _present_jobs(connection, {row.job_id for row in rows} | {line.job_id for line in lines})
    newest = {(row.job_id, row.step): row_from_metrics(row) for row in rows if row.job_id in present}
    _upsert(connection, tables.metric_rows, list(newest.values()), keys=("job_id", "step"))
    kept = [row_from_log_line(line) for line in lines if line.job_id in present]
    _insert_missing(connection, tables.log_lines, kept)


def write_facts(connection: Connection, facts: Mapping[str, str | None]) -> None:
    """Write small facts of the server by name; None removes one."""
    kept = [{"name": name, "value": value} for name, value in facts.items() if value is not None]
    _upsert(connection, tables.server_state, kept, keys=("name",))
    for some in _pieces([name for name, value in facts.items() if value is None]):
        connection.execute(delete(tables.server_state).where(tables.server_state.c.name.in_(some)))


def write_proof(connection: Connection) -> None:
    """Write one small row, to see whether writing works."""
    _upsert(connection, tables.server_state, [{"name": "proof", "value": secrets.token_hex(8)}], keys=("name",))


def _save_jobs(connection: Connection, records: list[JobRecord], without_spec: Collection[str]) -> set[str]:
    """Write the rows of these jobs; return artifacts that some of them referred to and no longer do."""
    if not records:
        return set()
    _upsert(connection, tables.jobs, [row_from_job(record) for record in records], keys=("job_id",))
    unwritten = [record for record in records if record.job_id in without_spec]
    _insert_missing(connection, tables.job_specs, [row_from_spec(record) for record in unwritten])
    _insert_missing(connection, tables.job_search, [row_for_search(record) for record in unwritten])
    replicas = [row for record in unwritten if (row := row_for_replicas(record)) is not None]
    _insert_missing(connection, tables.replicas, replicas)
    references = [
        {"job_id": record.job_id, "sha256": sha256} for record in records for sha256 in sorted(artifacts_of(record))
    ]
    _insert_missing(connection, tables.artifact_references, references)
    return _let_go(connection, {record.job_id: artifacts_of(record) for record in records if record.attempts})


def _let_go(connection: Connection, wanted: Mapping[str, frozenset[str]]) -> set[str]:
    """Forget what jobs referred to beyond this: checkpoints that newer ones replaced, or that their jobs outlived."""
    reference = tables.artifact_references.c
    freed: set[str] = set()
    for some in _pieces(sorted(wanted)):
        present = connection.execute(_REFERENCES_OF_JOBS, {_NAMES: some})
        stale = [(job_id, sha256) for job_id, sha256 in present if sha256 not in wanted[job_id]]
        for job_id, sha256 in stale:
            is_it = (reference.job_id == job_id) & (reference.sha256 == sha256)
            connection.execute(delete(tables.artifact_references).where(is_it))
            freed.add(sha256)
    return freed


def _remove_jobs(connection: Connection, job_ids: list[str]) -> set[str]:
    reference = tables.artifact_references.c
    freed: set[str] = set()
    for some in _pieces(job_ids):
        freed |= set(connection.scalars(select(reference.sha256).where(reference.job_id.in_(some))))
        connection.execute(delete(tables.jobs).where(tables.jobs.c.job_id.in_(some)))  # the rest cascades
    return freed


def _still_referenced(connection: Connection, sha256s: list[str]) -> set[str]:
    pieces = _pieces(sha256s)
    return {found for some in pieces for found in connection.scalars(_STILL_REFERENCED, {_NAMES: some})}


def _present_jobs(connection: Connection, job_ids: Iterable[str]) -> set[str]:
    pieces = _pieces(sorted(job_ids))
    return {found for some in pieces for found in connection.scalars(_PRESENT_JOBS, {_NAMES: some})}


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]], *, keys: tuple[str, ...]) -> None:
    if rows:
        connection.execute(_upsert_statement(connection.dialect.name, table, keys, tuple(rows[0])), rows)


def _insert_missing(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_insert_missing_statement(connection.dialect.name, table), rows)


@functools.cache
def _upsert_statement(dialect: str, table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> Insert:
    """Made once: making it takes longer than a commit of many rows with it."""
    statement = _insert(dialect, table)
    changed = {name: statement.excluded[name] for name in columns if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


@functools.cache
def _insert_missing_statement(dialect: str, table: Table) -> Insert:
    return _insert(dialect, table).on_conflict_do_nothing()


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def _pieces(items: Sequence[_T]) -> Iterator[list[_T]]:
    iterator = iter(items)
    while piece := list(islice(iterator, _AT_ONCE)):
        yield piece
