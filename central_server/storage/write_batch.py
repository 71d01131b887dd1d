"""Writes one batch inside a transaction that somebody else opened: jobs, nodes, telemetry. It commits nothing.

The SQL is what SQLite and PostgreSQL both understand; `ON CONFLICT` comes from the dialect at hand.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from central_server.scheduler.effects import RemoveJob, SaveJob, SaveNode, SaveUse, Write
from central_server.scheduler.jobs import JobRecord
from central_server.storage import tables
from central_server.storage.rows import (
    USE_OF,
    artifacts_of,
    row_from_job,
    row_from_log_line,
    row_from_metrics,
    row_from_node,
    row_from_spec,
)
from central_server.telemetry_records import LogLine, MetricRow

_AT_ONCE = 500
"""Names in one IN (…): well below what any of the databases allows."""

_T = TypeVar("_T")


def write_all(connection: Connection, writes: Sequence[Write]) -> frozenset[str]:
    """Do `writes`, the last word on each thing alone; return artifacts that no job refers to any more."""
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
    freed = _remove_jobs(connection, list(removed)) | _save_jobs(connection, list(saved.values()))
    _upsert(connection, tables.nodes, list(nodes.values()), keys=["node_id"])
    _upsert(connection, tables.server_state, list(uses.values()), keys=["name"])
    return frozenset(freed - _still_referenced(connection, sorted(freed)))


def write_telemetry(connection: Connection, rows: Sequence[MetricRow], lines: Sequence[LogLine]) -> None:
    """Write rows and lines of jobs that are still there."""
    present = _present_jobs(connection, {row.job_id for row in rows} | {line.job_id for line in lines})
    newest = {(row.job_id, row.step): row_from_metrics(row) for row in rows if row.job_id in present}
    _upsert(connection, tables.metric_rows, list(newest.values()), keys=["job_id", "step"])
    kept = [row_from_log_line(line) for line in lines if line.job_id in present]
    _insert_missing(connection, tables.log_lines, kept)


def write_proof(connection: Connection) -> None:
    """Write one small row, to see whether writing works."""
    _upsert(connection, tables.server_state, [{"name": "proof", "value": secrets.token_hex(8)}], keys=["name"])


def _save_jobs(connection: Connection, records: list[JobRecord]) -> set[str]:
    """Write the rows of these jobs; return artifacts that some of them referred to and no longer do."""
    if not records:
        return set()
    _upsert(connection, tables.jobs, [row_from_job(record) for record in records], keys=["job_id"])
    with_spec = _named(connection, tables.job_specs, [record.job_id for record in records])
    specs = [row_from_spec(record) for record in records if record.job_id not in with_spec]
    _insert_missing(connection, tables.job_specs, specs)
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
        present = connection.execute(select(reference.job_id, reference.sha256).where(reference.job_id.in_(some)))
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
    column = tables.artifact_references.c.sha256
    return {found for some in _pieces(sha256s) for found in connection.scalars(select(column).where(column.in_(some)))}


def _present_jobs(connection: Connection, job_ids: Iterable[str]) -> set[str]:
    return _named(connection, tables.jobs, sorted(job_ids))


def _named(connection: Connection, table: Table, job_ids: list[str]) -> set[str]:
    column = table.c.job_id
    return {found for some in _pieces(job_ids) for found in connection.scalars(select(column).where(column.in_(some)))}


def _upsert(connection: Connection, table: Table, rows: list[dict[str, Any]], *, keys: list[str]) -> None:
    if not rows:
        return
    statement = _insert(connection, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def _insert_missing(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _pieces(items: Sequence[_T]) -> Iterator[list[_T]]:
    iterator = iter(items)
    while piece := list(islice(iterator, _AT_ONCE)):
        yield piece
