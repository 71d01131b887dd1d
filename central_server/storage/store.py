"""The one store: a writer thread that commits, reader threads that look. SQL is in `write_batch` and `queries`.

Threads and not an asynchronous driver, because the hot path is many small commits: one thread with one connection
made several times as many a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from central_server.curves import Curve, CurveRequest
from central_server.deployments.records import DeploymentRecord
from central_server.identity.audit_entry import AuditEntry
from central_server.identity.security_store import AuditQuery
from central_server.identity.tokens import TokenRecord
from central_server.ports import EndedJob, EndedPage, JobPage, JobQuery, StoredState, StoreSize, Telemetry
from central_server.scheduler.effects import Write
from central_server.scheduler.jobs import JobRecord
from central_server.storage import (
    curve_reading,
    deployment_rows,
    expiring,
    job_listing,
    postgresql,
    queries,
    security_rows,
)
from central_server.storage.decider_lease import DeciderLease
from central_server.storage.decider_lock import DeciderLock, FileLock
from central_server.storage.engines import Engines, open_engines
from central_server.storage.migrate import migrate_to_newest
from central_server.storage.write_batch import write_all, write_facts, write_proof, write_telemetry
from central_server.storage.written_specs import WrittenSpecs
from central_server.telemetry_records import LogLine, MetricRow
from shared.clock import Clock, SystemClock
from shared.errors import StoreUnavailable, WrongState
from shared.lifecycle import JobState

_READERS = 2

_T = TypeVar("_T")


class SqlStore:
    """A `Store` on SQLAlchemy Core. Call it from one event loop; it owns its threads until `close`.

    It writes only while it holds `lock`; reading needs none.
    """

    def __init__(self, engines: Engines, lock: DeciderLock) -> None:
        self.lock = lock
        self._engines = engines
        self._written_specs = WrittenSpecs()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")

    @classmethod
    def open(cls, database_url: str, *, address: str = "") -> Self:
        """Open the database to write: join, and take its lock.

        Raises:
            WrongState: another central server has it, or a newer program made it.
            InvalidField: the URL is none.
            NotSupported: another kind of database.
            StoreUnavailable: it cannot be opened.
        """
        store = cls.join(database_url)
        if store.lock.take(address):
            return store
        store.abandon()
        raise WrongState(
            f"another central server ({store.lock.holder}) already decides on {store.place}", field="database"
        )

    @classmethod
    def join(cls, database_url: str, *, clock: Clock | None = None) -> Self:
        """Open the database and bring it to the newest version; who writes to it is seen later.

        Raises:
            WrongState: another central server has it and it is not made for several, or a newer program made it.
            InvalidField: the URL is none.
            NotSupported: another kind of database.
            StoreUnavailable: it cannot be opened.
        """
        engines = open_engines(database_url)
        lock = _lock_of(engines, clock or SystemClock())
        try:
            migrate_to_newest(engines.writer)
        except SQLAlchemyError as failure:
            _give_up(engines, lock)
            raise StoreUnavailable(f"the database {engines.place} cannot be used: {failure}") from failure
        except BaseException:
            _give_up(engines, lock)
            raise
        return cls(engines, lock)

    @property
    def place(self) -> str:
        """What people are told the database is."""
        return self._engines.place

    def abandon(self) -> None:
        """Close what nothing was asked of yet."""
        self._shut_down()

    async def close(self) -> None:
        """Finish what was begun, close the connections, free the lock."""
        await asyncio.to_thread(self._shut_down)

    async def prove_writable(self) -> None:
        """Commit something small: reading from a full disk still works."""
        await self._write(write_proof)

    async def load(self) -> StoredState:
        """Return what a core is built from; waits behind a commit that is still under way."""
        return await _in(self._writer, self._load)

    async def commit(self, writes: Sequence[Write]) -> frozenset[str]:
        """Make all of `writes` durable, or none; return artifacts that no job refers to any more."""
        return await _in(self._writer, self._commit, writes)

    async def add_telemetry(self, rows: Sequence[MetricRow], lines: Sequence[LogLine]) -> None:
        """Make rows and lines durable."""
        await self._write(write_telemetry, rows, lines)

    async def find_job(self, job_id: str) -> JobRecord | None:
        """Return one job, or None."""
        return await self._read(queries.job_by_id, job_id)

    async def content_digests(self, job_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the digests of those of these jobs that are there."""
        return await self._read(queries.content_digests, job_ids)

    async def list_jobs(self, query: JobQuery) -> JobPage:
        """Return one page of jobs."""
        return await self._read(job_listing.job_page, query)

    async def count_by_state(self) -> Mapping[JobState, int]:
        """Return how many jobs there are in each state that some job is in."""
        return await self._read(queries.count_by_state)

    async def curve(self, job_id: str, request: CurveRequest) -> Curve:
        """Return a job's history thinned out to be drawn."""
        return await self._read(curve_reading.curve, job_id, request)

    async def metric_rows(self, job_id: str, *, after_step: int, limit: int) -> tuple[MetricRow, ...]:
        """Return a job's history in the order of its steps."""
        return await self._read(queries.metric_rows, job_id, after_step=after_step, limit=limit)

    async def last_metric_rows(self, job_ids: Sequence[str]) -> Mapping[str, MetricRow]:
        """Return the newest row of each of these jobs that has one."""
        return await self._read(queries.last_metric_rows, job_ids)

    async def log_lines(self, job_id: str, *, after_sequence: int, limit: int) -> tuple[LogLine, ...]:
        """Return a job's log in order."""
        return await self._read(queries.log_lines, job_id, after_sequence=after_sequence, limit=limit)

    async def referenced_artifacts(self) -> frozenset[str]:
        """Return the SHA-256 of each artifact that some job refers to."""
        return await self._read(queries.referenced_artifacts)

    async def ended_jobs(self, *, after: EndedJob, limit: int) -> EndedPage:
        """Return jobs that ended later than that one, the oldest first."""
        return await self._read(expiring.ended_jobs, after=after, limit=limit)

    async def drop_telemetry(self, job_ids: Sequence[str], kinds: Collection[Telemetry], *, limit: int) -> int:
        """Remove at most so many rows and lines of each kind that belong to ended jobs; return how many went."""
        return await self._write(expiring.drop_telemetry, job_ids, kinds, limit=limit)

    async def facts(self, prefix: str) -> Mapping[str, str]:
        """Return the server's own small facts whose names begin so."""
        return await self._read(queries.facts, prefix)

    async def put_facts(self, facts: Mapping[str, str | None]) -> None:
        """Keep small facts by name, all or none; None removes one."""
        await self._write(write_facts, facts)

    async def find_token(self, sha256: str) -> TokenRecord | None:
        """Return the token with this hash."""
        return await self._read(security_rows.find_token, sha256)

    async def tokens(self) -> tuple[TokenRecord, ...]:
        """Return every token ever made, the oldest first."""
        return await self._read(security_rows.all_tokens)

    async def add_token(self, record: TokenRecord) -> None:
        """Keep a new token."""
        await self._write(security_rows.add_token, record)

    async def revoke_token(self, token_id: str, at_ms: int) -> TokenRecord | None:
        """Let a token count no more; return it as it then is."""
        return await self._write(security_rows.revoke_token, token_id, at_ms)

    async def add_audit(self, entries: Sequence[AuditEntry]) -> None:
        """Append to the audit log; and note which tokens were used when."""
        await self._write(security_rows.add_audit, entries)

    async def list_audit(self, query: AuditQuery) -> tuple[AuditEntry, ...]:
        """Return a page of the audit log."""
        return await self._read(security_rows.list_audit, query)

    async def drop_audit(self, *, before_ms: int, limit: int) -> int:
        """Remove at most so many entries of the audit log that are older; return how many went."""
        return await self._write(security_rows.drop_audit, before_ms=before_ms, limit=limit)

    async def deployments(self) -> tuple[DeploymentRecord, ...]:
        """Return every deployment, the oldest first."""
        return await self._read(deployment_rows.all_deployments)

    async def put_deployment(self, record: DeploymentRecord) -> None:
        """Keep this in place of what was there."""
        await self._write(deployment_rows.put_deployment, record)

    async def remove_deployment(self, deployment_id: str) -> None:
        """Forget one."""
        await self._write(deployment_rows.remove_deployment, deployment_id)

    async def size(self) -> StoreSize:
        """Return what the database holds."""
        return await self._read(expiring.size)

    async def _write(self, work: Callable[..., _T], *arguments: object, **named: object) -> _T:
        return await self._in_thread(self._writer, self._engines.writer, self._fenced, work, *arguments, **named)

    def _fenced(self, connection: Connection, work: Callable[..., _T], *arguments: object, **named: object) -> _T:
        self.lock.fence(connection)
        return work(connection, *arguments, **named)

    async def _read(self, query: Callable[..., _T], *arguments: object, **named: object) -> _T:
        return await self._in_thread(self._readers, self._engines.reader, query, *arguments, **named)

    async def _in_thread(
        self, threads: ThreadPoolExecutor, engine: Engine, work: Callable[..., _T], *arguments: object, **named: object
    ) -> _T:
        return await _in(threads, _in_transaction, engine, work, *arguments, **named)

    def _load(self) -> StoredState:
        self._written_specs.forget()
        return _in_transaction(self._engines.reader, queries.stored_state)

    def _commit(self, writes: Sequence[Write]) -> frozenset[str]:
        freed: frozenset[str] = _in_transaction(
            self._engines.writer, self._fenced, write_all, writes, self._written_specs
        )
        self._written_specs.remember(writes)
        return freed

    def _shut_down(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        _give_up(self._engines, self.lock)


def _lock_of(engines: Engines, clock: Clock) -> DeciderLock:
    if engines.file is None:
        return DeciderLease(postgresql.open_writer(engines.writer.url), clock)
    try:
        engines.file.parent.mkdir(parents=True, exist_ok=True)
        return FileLock.of(engines.file)
    except OSError as failure:
        raise StoreUnavailable(f"the database {engines.place} cannot be opened: {failure}") from failure


def _give_up(engines: Engines, lock: DeciderLock) -> None:
    engines.dispose()
    lock.release()


async def _in(threads: ThreadPoolExecutor, work: Callable[..., _T], *arguments: object, **named: object) -> _T:
    return await asyncio.get_running_loop().run_in_executor(threads, partial(work, *arguments, **named))


def _in_transaction(engine: Engine, work: Callable[..., _T], *arguments: object, **named: object) -> _T:
    try:
        with engine.begin() as connection:
            return work(connection, *arguments, **named)
    except (SQLAlchemyError, OSError) as failure:
        # Callers read this: not the statement, nor what was to be stored with it.
        cause = failure.orig if isinstance(failure, DBAPIError) else failure
        raise StoreUnavailable(f"the database did not do it: {cause}") from failure
