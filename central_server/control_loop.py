"""The one consumer of events: take a batch, let the core handle it, commit, and only then send, show and answer.

It decides nothing about jobs. Its own rules are three. What a batch brings about leaves only after its transaction is
durable. When a commit fails (or the core breaks one of its own invariants) nothing of the batch is sent or answered,
the core is thrown away, every stream is closed, and a new core is built from the store; there is no other repair. And
while the server could not work, leases stand still.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, assert_never

from central_server.inbox import Inbox
from central_server.ports import Artifacts, ReadModelSink, Sessions, Store, StoredState
from central_server.scheduler.cluster import Cluster
from central_server.scheduler.effects import (
    Answer,
    CloseSession,
    DropArtifact,
    Effect,
    NodeSeen,
    Note,
    Refuse,
    RemoveJob,
    SaveJob,
    SaveNode,
    SaveUse,
    Send,
    Write,
)
from central_server.scheduler.events import (
    CancelRequested,
    DeleteRequested,
    DrainRequested,
    Event,
    ExpiryRequested,
    Now,
    PauseRequested,
    PlanRequested,
    ResumeRequested,
    SubmitRequested,
    Tick,
    UndrainRequested,
)
from central_server.scheduler.jobs import JobRecord
from central_server.standing_clock import StandingClock
from central_server.structured_logging import log_event
from central_server.uncollected import uncollected
from shared.backoff import Backoff
from shared.clock import Clock
from shared.errors import CyxWizError, NotTheDecider, OurBug, StoreUnavailable
from shared.job_spec import JobSpec
from shared.node_messages import PlanAnswer

Request = (
    SubmitRequested
    | CancelRequested
    | PauseRequested
    | ResumeRequested
    | DeleteRequested
    | ExpiryRequested
    | PlanRequested
    | DrainRequested
    | UndrainRequested
)
"""Events that somebody waits for the outcome of."""

CAPACITY_EVENTS = 10_000
FAILURES_BEFORE_EXIT = 10
STALL_SECONDS = 1.0
"""A round longer than this counts as time in which the server could not work."""
LONGEST_SLEEP_SECONDS = 60.0

_logger = logging.getLogger(__name__)
_REBUILD_BACKOFF = Backoff(first_seconds=0.1, cap_seconds=5.0, floor_seconds=0.1)


class ControlLoop:
    """Owns the core, and is the only one that touches it. All methods belong to the event loop's thread.

    Args:
        check_office: raises `StoreUnavailable` when another server may decide by now; asked before anything is sent.
        watch_round: told a round's effects once they are durable and before they are carried out, and how many
            seconds deciding and committing took.
        on_commit: told how many seconds each commit took.
    """

    def __init__(
        self,
        *,
        build_cluster: Callable[[StoredState, Now], Cluster],
        store: Store,
        sessions: Sessions,
        read_model: ReadModelSink,
        artifacts: Artifacts,
        clock: Clock,
        check_office: Callable[[], None] = lambda: None,
        on_commit: Callable[[float], None] = lambda _seconds: None,
        rebuild_backoff: Backoff = _REBUILD_BACKOFF,
        watch_round: Callable[[Sequence[Effect], float, float], None] | None = None,
    ) -> None:
        self._build_cluster = build_cluster
        self._store = store
        self._sessions = sessions
        self._read_model = read_model
        self._artifacts = artifacts
        self._clock = clock
        self._standing_clock = StandingClock(clock)
        self._check_office = check_office
        self._on_commit = on_commit
        self._rebuild_backoff = rebuild_backoff
        self._watch_round = watch_round
        self._inbox = Inbox(CAPACITY_EVENTS)
        self._callers: dict[str, asyncio.Future[JobRecord | PlanAnswer | None]] = {}
        self._request_numbers = itertools.count(1)
        self._cluster: Cluster | None = None
        self._failures = 0
        self._is_stopping = False

    @property
    def is_working(self) -> bool:
        """Whether there is a core and its last commit, if it had one, was durable."""
        return self._cluster is not None and not self._is_stopping

    def new_request_id(self) -> str:
        """Return an id for the next request."""
        return f"request-{next(self._request_numbers)}"

    def waiting_reason(self, job_id: str) -> str:
        """Return why a queued job does not run yet, in a sentence; empty when there is no such job."""
        return self._cluster.waiting_reason(job_id) if self._cluster else "the server is reading its store"

    def refusals(self, spec: JobSpec, memory_bytes: int) -> Mapping[str, str]:
        """Return why such a job could not start now, by node id; empty text where it could."""
        return self._cluster.refusals(spec, memory_bytes) if self._cluster else {}

    async def ask(self, request: Request) -> JobRecord | PlanAnswer | None:
        """Give a request to the core and return its answer, once what it changed is durable.

        Raises:
            StoreUnavailable: nothing of it happened, or it is not known to have; the same request may be sent again.
            CyxWizError: the core says no.
        """
        if self._cluster is None or self._is_stopping:
            raise StoreUnavailable("the server cannot take requests at this moment; try again shortly")
        answer: asyncio.Future[JobRecord | PlanAnswer | None] = asyncio.get_running_loop().create_future()
        self._callers[request.request_id] = answer
        try:
            await self._inbox.put(request)
            return await answer
        finally:
            self._callers.pop(request.request_id, None)

    async def tell(self, event: Event) -> None:
        """Give the core an event that nobody waits for; waits itself while the inbox is full."""
        await self._inbox.put(event)

    async def start(self) -> None:
        """Build the first core.

        Raises:
            StoreUnavailable: the store cannot be read.
        """
        await self._rebuild()

    async def run(self) -> None:
        """Work until `stop`.

        Raises:
            NotTheDecider: another server has taken over.
            StoreUnavailable: the store failed too often in a row.
            OurBug: the core broke too often in a row.
        """
        while not self._is_stopping or len(self._inbox):
            try:
                await self._run_round()
            except NotTheDecider as deposed:
                self._refuse_all(deposed)
                raise
            except CyxWizError as failure:
                await self._recover(failure)
            except Exception as failure:
                _logger.exception("control_round_broke")
                await self._recover(OurBug(f"the server broke while it worked on this: {failure!r}"))

    def stop(self) -> None:
        """Take no more requests, finish what is in the inbox, and let `run` return."""
        self._is_stopping = True
        self._inbox.wake()

    async def _run_round(self) -> None:
        """One round, in the order that the module's text gives; the core is not touched while a commit is awaited."""
        cluster = self._cluster
        if cluster is None:
            await self._rebuild()
            return
        await self._sleep(cluster)
        began = self._clock.monotonic_seconds()
        now = self._standing_clock.now()
        effects = self._decide(cluster, self._inbox.take_all(), now)
        decided = self._clock.monotonic_seconds() if self._watch_round else began
        orphans = await self._commit(effects)
        self._check_office()
        if self._watch_round:
            self._watch_round(effects, decided - began, self._clock.monotonic_seconds() - decided)
        self._hold_leases_if_stalled(began)
        for effect in effects:
            self._carry_out(effect)
        if orphans:
            self._artifacts.release(orphans)

    async def _sleep(self, cluster: Cluster) -> None:
        """Wait for an event or a deadline; a process that was stopped meanwhile takes that time out of the leases."""
        seconds = self._seconds_to_sleep(cluster)
        wake_seconds = self._clock.monotonic_seconds() + seconds
        await self._inbox.wait(seconds)
        overslept_seconds = self._clock.monotonic_seconds() - wake_seconds
        if overslept_seconds > STALL_SECONDS:
            self._standing_clock.hold(overslept_seconds)
            log_event(_logger, "control_loop_overslept", is_warning=True, seconds=round(overslept_seconds, 3))

    def _seconds_to_sleep(self, cluster: Cluster) -> float:
        deadline = cluster.next_deadline_seconds()
        if deadline is None:
            return LONGEST_SLEEP_SECONDS
        return min(max(0.0, deadline - self._standing_clock.now().seconds), LONGEST_SLEEP_SECONDS)

    def _decide(self, cluster: Cluster, events: Sequence[Event], now: Now) -> list[Effect]:
        """Return what the core wants done; a due Tick comes last, so that heartbeats that wait renew their leases."""
        effects: list[Effect] = []
        for event in events:
            effects += cluster.handle(event, now)
        deadline = cluster.next_deadline_seconds()
        if deadline is not None and deadline <= now.seconds:
            effects += cluster.handle(Tick(), now)
        effects += cluster.plan(now)
        return effects

    async def _commit(self, effects: Sequence[Effect]) -> frozenset[str]:
        writes: list[Write] = [effect for effect in effects if isinstance(effect, Write)]
        if not writes:
            return frozenset()
        began = self._clock.monotonic_seconds()
        orphans = await self._store.commit(writes)
        self._on_commit(self._clock.monotonic_seconds() - began)
        self._failures = 0
        return orphans

    def _hold_leases_if_stalled(self, began_seconds: float) -> None:
        took_seconds = self._clock.monotonic_seconds() - began_seconds
        if took_seconds > STALL_SECONDS:
            self._standing_clock.hold(took_seconds)
            log_event(_logger, "control_round_stalled", is_warning=True, seconds=round(took_seconds, 3))

    def _carry_out(self, effect: Effect) -> None:  # noqa: C901, PLR0912 - one line for each kind of effect
        match effect:
            case SaveJob(job):
                self._read_model.publish_job(job)
            case RemoveJob(job_id):
                self._read_model.remove_job(job_id)
            case SaveNode(node) | NodeSeen(node):
                self._read_model.publish_node(node)
            case SaveUse():
                pass  # for the next start only
            case Send(session_id, message):
                self._sessions.send(session_id, message)
            case CloseSession(session_id, code, text):
                self._sessions.close(session_id, code, text)
            case Answer(request_id, value):
                if caller := self._waiting_caller(request_id):
                    caller.set_result(value)
            case Refuse(request_id, error):
                if caller := self._waiting_caller(request_id):
                    caller.set_exception(error)
            case DropArtifact(sha256):
                self._artifacts.release(frozenset({sha256}))
            case Note(event, fields, is_warning):
                said: dict[str, Any] = dict(fields)
                log_event(_logger, event, is_warning=is_warning, **said)
            case _:
                assert_never(effect)

    def _waiting_caller(self, request_id: str) -> asyncio.Future[JobRecord | PlanAnswer | None] | None:
        caller = self._callers.get(request_id)
        return None if caller is None or caller.done() else caller

    async def _recover(self, failure: CyxWizError) -> None:
        """Drop the core and everything that hung on it, and wait a little; `_run_round` builds the next one."""
        self._failures += 1
        log_event(_logger, "core_dropped", is_warning=True, failures=self._failures, cause=str(failure))
        self._cluster = None
        self._refuse_all(failure)
        self._sessions.close_all("restarting", "the server rebuilds its state from its store; connect again")
        if self._failures >= FAILURES_BEFORE_EXIT:
            raise failure
        # Half of the longest wait: nobody else backs off together with us, so there is nothing to spread.
        await asyncio.sleep(self._rebuild_backoff.wait_seconds(self._failures, 0.5))

    def _refuse_all(self, failure: CyxWizError) -> None:
        self._inbox.take_all()
        for caller in self._callers.values():
            if not caller.done():
                caller.set_exception(failure)

    async def _rebuild(self) -> None:
        await self._store.prove_writable()
        with uncollected():
            state = await self._store.load()
            self._read_model.restart(state)
            self._cluster = self._build_cluster(state, self._standing_clock.now())
