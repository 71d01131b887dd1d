"""Keeps of each deployment as many replicas as are wanted: starts jobs, ends jobs, and writes down what became of it.

It remembers nothing that matters: what there is, it reads from the jobs, and what is wanted, from the deployments, so
a server that starts goes on where another one stopped. What to do is decided in `replica_plan`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace

from central_server.control_loop import ControlLoop
from central_server.deployments.book import DeploymentBook
from central_server.deployments.records import DeploymentRecord, Wanted
from central_server.deployments.replica_plan import answers, plan_replicas
from central_server.deployments.served_samples import SAMPLE_SECONDS, ReplicaCounts, ServedSamples, told
from central_server.deployments.troubles import Troubles
from central_server.read_model import ReadModel
from central_server.scheduler.aftermath import FINAL_CODES
from central_server.scheduler.events import CancelRequested, SubmitRequested
from central_server.scheduler.jobs import JobError, JobRecord
from central_server.structured_logging import log_event
from shared.clock import Clock
from shared.errors import CyxWizError
from shared.identifiers import AttemptKey, new_job_id
from shared.job_spec import content_digest
from shared.lifecycle import JobState

LOOK_SECONDS = 1.0
WELL_AFTER_MS = 60_000
"""A replica that has answered for as long makes earlier failures forgotten."""

_logger = logging.getLogger(__name__)


class DeploymentController:
    """Belongs to the event loop; `run` is a task of the server that decides.

    Args:
        drain_seconds: how long a replica that callers are sent to no more still answers those who know it.

    Attributes:
        book: what is wanted.
        troubles: what went wrong lately.
        samples: what was answered.
    """

    def __init__(
        self,
        book: DeploymentBook,
        loop: ControlLoop,
        read_model: ReadModel,
        clock: Clock,
        *,
        drain_seconds: float,
    ) -> None:
        self.book = book
        self._loop = loop
        self._read_model = read_model
        self._clock = clock
        self._drain_seconds = drain_seconds
        self._changed = asyncio.Event()
        self._left_at: dict[str, float] = {}
        self._unservable: dict[str, tuple[int, JobError]] = {}
        self._sampled_at = float("-inf")
        self.troubles = Troubles()
        self.samples = ServedSamples()
        book.on_change = self._changed.set

    def is_leaving(self, job_id: str) -> bool:
        """Tell whether callers are sent elsewhere though this replica answers."""
        return job_id in self._left_at

    def job_changed(self, record: JobRecord) -> None:
        """Learn what became of a replica; every other job is passed over."""
        serving = record.spec.serving
        if serving is None:
            return
        self._changed.set()
        if record.state is not JobState.FAILED or record.error is None:
            return
        if record.error.code in FINAL_CODES:
            self._unservable[serving.deployment_id] = (serving.generation, record.error)
        self.troubles.failed(serving.deployment_id, record.error.message, self._clock.monotonic_seconds())

    async def run(self) -> None:
        """Work until cancelled; what cannot be done now is tried again."""
        is_read = False
        while True:
            self._changed.clear()
            try:
                if not is_read:
                    await self.book.read()
                    is_read = True
                await self._look_at_all()
            except CyxWizError as failure:
                log_event(_logger, "deployments_wait", is_warning=True, cause=str(failure))
                await asyncio.sleep(LOOK_SECONDS)
            await self._until_changed()

    def count(self, deployment_id: str) -> None:
        """Add to the samples what the replicas have answered by now."""
        mine = [one for one in self._read_model.replicas() if _deployment_of(one) == deployment_id]
        self.samples.count(deployment_id, self._counts(mine))

    async def _until_changed(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def _look_at_all(self) -> None:
        replicas: dict[str, list[JobRecord]] = {}
        for replica in self._read_model.replicas():
            replicas.setdefault(_deployment_of(replica), []).append(replica)
        living = {one.job_id for several in replicas.values() for one in several}
        self._left_at = {job_id: at for job_id, at in self._left_at.items() if job_id in living}
        for record in self.book.all():
            await self._look_at(record, replicas.pop(record.deployment_id, []))
        for orphans in replicas.values():
            await self._end(orphan.job_id for orphan in orphans if orphan.stop_intent is None)
        self._sample()

    async def _look_at(self, record: DeploymentRecord, replicas: list[JobRecord]) -> None:
        now = self._clock.monotonic_seconds()
        drained = {job_id for job_id, at in self._left_at.items() if now - at >= self._drain_seconds}
        plan = plan_replicas(record, replicas, drained=drained)
        for replica in replicas:
            if replica.job_id in plan.leaving:
                self._left_at.setdefault(replica.job_id, now)
            else:
                self._left_at.pop(replica.job_id, None)
        await self._end(plan.stop)
        if not self.troubles.must_wait(record.deployment_id, now):
            await self._start(record, plan.start)
        await self._write_down(record.deployment_id, replicas)

    async def _start(self, record: DeploymentRecord, count: int) -> None:
        for _ in range(count):
            request = SubmitRequested(
                self._loop.new_request_id(), new_job_id(), record.spec, content_digest(record.spec)
            )
            try:
                await self._loop.ask(request)
            except CyxWizError as refusal:
                self.troubles.failed(record.deployment_id, str(refusal), self._clock.monotonic_seconds())
                return

    async def _end(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            request = CancelRequested(self._loop.new_request_id(), job_id, "its deployment needs it no more")
            await self._loop.ask(request)

    async def _write_down(self, deployment_id: str, replicas: list[JobRecord]) -> None:
        """Keep with the deployment what its replicas have told."""
        before = self.book.named(deployment_id)
        if before is None or self._with_what_is_known(before, replicas) == before:
            await self._remove_if_done(before, replicas)
            return
        async with self.book.changing():
            now = self.book.named(deployment_id)
            if now is not None:
                await self.book.put(self._with_what_is_known(now, replicas))

    async def _remove_if_done(self, record: DeploymentRecord | None, replicas: list[JobRecord]) -> None:
        if record is None or record.wanted is not Wanted.DELETED or replicas:
            return
        async with self.book.changing():
            await self.book.remove(record.deployment_id)

    def _with_what_is_known(self, record: DeploymentRecord, replicas: list[JobRecord]) -> DeploymentRecord:
        now_ms = self._clock.unix_ms()
        ready = [one for one in replicas if answers(one)]
        if any(_answers_since_ms(one) and now_ms - _answers_since_ms(one) > WELL_AFTER_MS for one in ready):
            self.troubles.are_over(record.deployment_id)
        if record.wanted is not Wanted.RUNNING:
            return record if record.stopped_at_ms or replicas else replace(record, stopped_at_ms=now_ms)
        if ready and not record.started_at_ms:
            record = replace(record, started_at_ms=now_ms)
        generation, error = self._unservable.get(record.deployment_id, (0, None))
        return replace(record, failure=error) if generation == record.generation else record

    def _sample(self) -> None:
        now = self._clock.monotonic_seconds()
        if now - self._sampled_at < SAMPLE_SECONDS:
            return
        self._sampled_at = now
        deployment_ids = [record.deployment_id for record in self.book.all()]
        for deployment_id in deployment_ids:
            self.count(deployment_id)
            self.samples.mark(deployment_id, self._clock.unix_ms())
        self.samples.keep_only(deployment_ids)

    def _counts(self, replicas: Iterable[JobRecord]) -> Iterable[ReplicaCounts]:
        for replica in replicas:
            seen = self._read_model.seen_now(replica.job_id)
            if seen is None or seen.progress is None:
                continue
            metrics = seen.progress.metrics
            yield ReplicaCounts(
                AttemptKey(replica.job_id, seen.progress.attempt),
                int(told(metrics, "requests")),
                told(metrics, "latency_ms"),
                told(metrics, "rows_per_second"),
            )


def _deployment_of(replica: JobRecord) -> str:
    return replica.spec.serving.deployment_id if replica.spec.serving else ""


def _answers_since_ms(replica: JobRecord) -> int:
    attempt = replica.current_attempt
    return attempt.started_at_ms if attempt else 0
