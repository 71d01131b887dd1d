"""What clean-up reads and removes, each on a connection that somebody else opened. It does not know what is old.

Jobs themselves are removed by `write_batch`, where the core wants it; here only what hangs on ended ones, in pieces, so
that no transaction is long.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Table, delete, func, select, tuple_

from central_server.ports import EndedJob, EndedPage, StoreSize, Telemetry
from central_server.storage import tables
from shared.lifecycle import JobState, job_has_ended

_ENDED = [state.value for state in JobState if job_has_ended(state)]
_TABLES = {Telemetry.METRICS: tables.metric_rows, Telemetry.LOGS: tables.log_lines}


def ended_jobs(connection: Connection, *, after: EndedJob, limit: int) -> EndedPage:
    """Return jobs that ended later than `after`, the oldest first, with the artifacts they refer to."""
    jobs = tables.jobs.c
    query = (
        select(jobs.job_id, jobs.ended_at_ms)
        .where(jobs.ended_at_ms > 0, tuple_(jobs.ended_at_ms, jobs.job_id) > (after.ended_at_ms, after.job_id))
        .where(jobs.state.in_(_ENDED))
        .order_by(jobs.ended_at_ms, jobs.job_id)
        .limit(limit)
    )
    found = {row.job_id: row.ended_at_ms for row in connection.execute(query)}
    sha256s = _artifacts_by_job(connection, list(found))
    ended = tuple(EndedJob(ended_at_ms, job_id, sha256s.get(job_id, ())) for job_id, ended_at_ms in found.items())
    return EndedPage(ended, _referents(connection, {sha256 for job in ended for sha256 in job.sha256s}))


def drop_telemetry(connection: Connection, job_ids: Sequence[str], kinds: Collection[Telemetry], *, limit: int) -> int:
    """Remove at most `limit` records of each kind; of jobs that have not ended, or live again, nothing."""
    jobs = tables.jobs.c
    ended = select(jobs.job_id).where(jobs.job_id.in_(job_ids), jobs.state.in_(_ENDED))
    names = sorted(connection.scalars(ended))
    return sum(_drop_some(connection, _TABLES[kind], names, limit) for kind in sorted(kinds))


def size(connection: Connection) -> StoreSize:
    """Return what the database holds."""
    jobs = tables.jobs.c
    return StoreSize(
        used_bytes=_used_bytes(connection),
        jobs=connection.scalar(select(func.count()).select_from(tables.jobs)) or 0,
        ended_jobs=connection.scalar(select(func.count()).where(jobs.ended_at_ms > 0)) or 0,
    )


def _artifacts_by_job(connection: Connection, job_ids: list[str]) -> dict[str, tuple[str, ...]]:
    reference = tables.artifact_references.c
    query = select(reference.job_id, reference.sha256).where(reference.job_id.in_(job_ids))
    found: dict[str, tuple[str, ...]] = {}
    for job_id, sha256 in connection.execute(query):
        found[job_id] = (*found.get(job_id, ()), sha256)
    return found


def _referents(connection: Connection, sha256s: set[str]) -> dict[str, int]:
    reference = tables.artifact_references.c
    query = (
        select(reference.sha256, func.count().label("referents"))
        .where(reference.sha256.in_(sorted(sha256s)))
        .group_by(reference.sha256)
    )
    return {row.sha256: row.referents for row in connection.execute(query)}


def _drop_some(connection: Connection, table: Table, job_ids: list[str], limit: int) -> int:
    if not job_ids:
        return 0
    key = tuple_(*table.primary_key.columns) if len(table.primary_key.columns) > 1 else table.c.sequence
    some = select(*table.primary_key.columns).where(table.c.job_id.in_(job_ids)).limit(limit)
    return connection.execute(delete(table).where(key.in_(some))).rowcount


def _used_bytes(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    page, pages, free = (
        connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        for name in ("page_size", "page_count", "freelist_count")
    )
    return int(page) * (int(pages) - int(free))
