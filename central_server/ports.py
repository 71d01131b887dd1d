"""What the control loop and the read model need from the world outside, as Protocols. It names no implementation."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from central_server.curves import Curve, CurveRequest
from central_server.scheduler.effects import Write
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.nodes import NodeRecord
from central_server.telemetry_records import DeviceUse, LogLine, MetricRow, Progress
from shared.lifecycle import JobState
from shared.node_messages import ServerMessage


@dataclass(frozen=True, slots=True)
class StoredState:
    """All that the core needs to begin: unfinished jobs, every node ever seen, the next job's sequence, users' use."""

    jobs: tuple[JobRecord, ...]
    nodes: tuple[NodeRecord, ...]
    next_sequence: int
    device_seconds: Mapping[str, float] = field(default_factory=dict)


class JobSort(StrEnum):
    """What a listing goes by. Jobs that have not ended stand behind those that have, whichever way it goes."""

    SUBMITTED = "submitted"
    ENDED = "ended"
    NAME = "name"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class JobPlace:
    """Where in a listing a job stands: what it is sorted by, and its sequence, which no other has."""

    key: int | str
    sequence: int


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Which jobs to list, in which order.

    Attributes:
        user_id: only this user's; empty for all.
        states: only these; empty for all.
        job_type: only this type's; empty for all but replicas of deployments.
        search: only those whose id begins with it, or whose name or a label's value holds it, in whatever case.
        labels: only those with all of these labels.
        sort: what they go by.
        is_ascending: the smallest, or the oldest, first.
        limit: at most this many.
        after: only those behind this place; None begins with the first.
        count_at_most: counting all that match may stop here; 0 counts them all.
    """

    user_id: str = ""
    states: frozenset[JobState] = field(default_factory=frozenset)
    job_type: str = ""
    search: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    sort: JobSort = JobSort.SUBMITTED
    is_ascending: bool = False
    limit: int = 100
    after: JobPlace | None = None
    count_at_most: int = 0


@dataclass(frozen=True, slots=True, order=True)
class EndedJob:
    """A job that has ended, as far as clean-up needs it; they are ordered by when they ended."""

    ended_at_ms: int
    job_id: str
    sha256s: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EndedPage:
    """Some jobs that have ended, the oldest first.

    Attributes:
        referents: for each artifact that one of them refers to, how many jobs do, whatever their state.
    """

    jobs: tuple[EndedJob, ...]
    referents: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StoreSize:
    """What the database holds.

    Attributes:
        used_bytes: without the pages that are free to be written again.
        jobs: all jobs.
        ended_jobs: those of them that have ended.
    """

    used_bytes: int
    jobs: int
    ended_jobs: int


class Telemetry(StrEnum):
    """What is kept of a job beside its record."""

    METRICS = "metrics"
    LOGS = "logs"


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of a listing. Its records carry no model definition: see `storage.rows.WITHOUT_MODEL`.

    Attributes:
        total: how many jobs the query matches on all pages together, as far as it was asked to count.
        next_place: behind which the next page begins; None when there is none.
    """

    jobs: tuple[JobRecord, ...]
    total: int
    next_place: JobPlace | None


class Store(Protocol):
    """Durable memory. Every method raises `StoreUnavailable` when the database cannot do it."""

    async def prove_writable(self) -> None:
        """Commit something small: reading from a full disk still works."""
        ...

    async def load(self) -> StoredState:
        """Return what a core is built from."""
        ...

    async def commit(self, writes: Sequence[Write]) -> frozenset[str]:
        """Make all of `writes` durable, or none; return artifacts (SHA-256) that no job refers to any more."""
        ...

    async def find_job(self, job_id: str) -> JobRecord | None:
        """Return one job, whatever its state."""
        ...

    async def content_digests(self, job_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the content digests of those of these jobs that are there, by job id; a few hundred names at most."""
        ...

    async def list_jobs(self, query: JobQuery) -> JobPage:
        """Return one page of jobs."""
        ...

    async def count_by_state(self) -> Mapping[JobState, int]:
        """Return how many jobs, replicas aside, there are in each state that some job is in."""
        ...

    async def add_telemetry(self, rows: Sequence[MetricRow], lines: Sequence[LogLine]) -> None:
        """Make rows and lines durable; a row replaces that of the same job and step, removed jobs get none."""
        ...

    async def metric_rows(self, job_id: str, *, after_step: int, limit: int) -> tuple[MetricRow, ...]:
        """Return a job's history in the order of its steps."""
        ...

    async def curve(self, job_id: str, request: CurveRequest) -> Curve:
        """Return a job's history thinned out to be drawn."""
        ...

    async def last_metric_rows(self, job_ids: Sequence[str]) -> Mapping[str, MetricRow]:
        """Return the newest row of each of these jobs that has one."""
        ...

    async def log_lines(self, job_id: str, *, after_sequence: int, limit: int) -> tuple[LogLine, ...]:
        """Return a job's log in order."""
        ...

    async def referenced_artifacts(self) -> frozenset[str]:
        """Return the SHA-256 of each artifact that some job or some deployment refers to."""
        ...

    async def ended_jobs(self, *, after: EndedJob, limit: int) -> EndedPage:
        """Return jobs that ended later than that one, the oldest first."""
        ...

    async def drop_telemetry(self, job_ids: Sequence[str], kinds: Collection[Telemetry], *, limit: int) -> int:
        """Remove at most so many rows and lines of each kind that belong to ended jobs; return how many went."""
        ...

    async def drop_audit(self, *, before_ms: int, limit: int) -> int:
        """Remove at most so many of the oldest entries of the audit log, if older than that; return how many went."""
        ...

    async def facts(self, prefix: str) -> Mapping[str, str]:
        """Return the server's own small facts whose names begin so."""
        ...

    async def put_facts(self, facts: Mapping[str, str | None]) -> None:
        """Keep small facts by name, all or none; None removes one."""
        ...

    async def size(self) -> StoreSize:
        """Return what the database holds."""
        ...


class Sessions(Protocol):
    """The open control streams of nodes. Nothing here waits: a stream that cannot take more is closed."""

    def send(self, session_id: str, message: ServerMessage) -> None:
        """Put a message on a stream; a stream that is gone is passed over, its end is on its way as an event."""
        ...

    def close(self, session_id: str, code: str, message: str) -> None:
        """End one stream with a Goodbye."""
        ...

    def close_all(self, code: str, message: str) -> None:
        """End every stream with a Goodbye."""
        ...


class ReadModelSink(Protocol):
    """Where the control loop puts what people may now see."""

    def restart(self, state: StoredState) -> None:
        """Forget live jobs and nodes, and begin with these."""
        ...

    def publish_job(self, record: JobRecord) -> None:
        """Show this record, and wake those who watch the job."""
        ...

    def remove_job(self, job_id: str) -> None:
        """Show the job no more."""
        ...

    def publish_node(self, record: NodeRecord) -> None:
        """Show this node."""
        ...

    def ended_job(self, job_id: str) -> JobRecord | None:
        """Return a job that ended a short while ago."""
        ...


class Artifacts(Protocol):
    """Files kept by content, each under its SHA-256 in hex. `artifacts.object_store` says what is raised when."""

    def held(self, sha256s: Collection[str]) -> AbstractContextManager[None]:
        """Keep these from being removed until the block ends, and for a while from then on."""
        ...

    def release(self, sha256s: frozenset[str]) -> None:
        """Let these be removed some time later, unless a job refers to them by then."""
        ...

    async def has(self, sha256: str) -> bool:
        """Tell whether an artifact is complete; asking keeps it for a while."""
        ...

    async def size(self, sha256: str) -> int:
        """Return a complete artifact's bytes."""
        ...

    async def partial_size(self, sha256: str) -> int:
        """Return how many bytes of an unfinished upload are here."""
        ...

    async def read(self, sha256: str, offset: int, length: int) -> bytes:
        """Return a piece of a complete artifact."""
        ...

    async def put(self, data: bytes) -> str:
        """Keep `data` and return its SHA-256."""
        ...

    def begin_upload(self, sha256: str, size_bytes: int) -> object:
        """Return the token of an upload; an earlier upload of the same artifact ends."""
        ...

    async def append(self, sha256: str, token: object, offset: int, data: bytes) -> None:
        """Add a piece to an upload."""
        ...

    async def finish_upload(self, sha256: str, token: object) -> None:
        """Check an upload and give it its name."""
        ...

    def end_upload(self, sha256: str, token: object) -> None:
        """Forget an upload that is over; its bytes stay for a later one."""
        ...


class TelemetrySink(Protocol):
    """Where the telemetry streams of nodes put what they bring."""

    async def take(
        self,
        node_id: str,
        live: Sequence[tuple[str, Progress]],
        rows: Sequence[MetricRow],
        lines: Sequence[LogLine],
    ) -> asyncio.Future[None]:
        """Show what is live and queue the rest; the future is done when rows and lines are durable."""
        ...

    def take_uses(self, node_id: str, uses: Sequence[DeviceUse], dropped: int) -> None:
        """Show what a node measured of its devices, and how many records it had to drop since it started."""
        ...
