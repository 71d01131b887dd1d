"""What happens, counted where it happens: a few additions each, so that nothing waits for it.

The registry is our own. What is true at a moment is not counted here but read when somebody scrapes: `present_state`.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest

from central_server.observability import catalogue
from central_server.observability.catalogue import Metric
from central_server.scheduler.jobs import JobRecord, StopIntent
from shared.clock import Clock
from shared.lifecycle import JobState, attempt_has_ended, job_has_ended

_MS_PER_SECOND = 1000.0
_MOST_CANCELS = 10_000


class Measures:
    """Counters and histograms. Its methods are called from the event loop's thread."""

    def __init__(self, clock: Clock) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._clock = clock
        self._cancelled_at: dict[str, float] = {}
        self._submitted = self._counter(catalogue.JOBS_SUBMITTED)
        self._ended = self._counter(catalogue.JOBS_ENDED)
        self._attempts_ended = self._counter(catalogue.ATTEMPTS_ENDED)
        self._queue_wait = self._histogram(catalogue.QUEUE_WAIT)
        self._first_step = self._histogram(catalogue.FIRST_STEP)
        self._cancel_latency = self._histogram(catalogue.CANCEL_LATENCY)
        self._commit_latency = self._histogram(catalogue.COMMIT_LATENCY)
        self._rpcs = self._counter(catalogue.RPCS)
        self._rpc_seconds = self._histogram(catalogue.RPC_SECONDS)
        self._requests = self._counter(catalogue.REQUESTS)
        self._request_seconds = self._histogram(catalogue.REQUEST_SECONDS)

    def scraped(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)

    def job_changed(self, before: JobRecord | None, after: JobRecord) -> None:
        """Count what is new in a job's record; it is durable."""
        if before is None and after.state is JobState.QUEUED and not after.attempts:
            self._submitted.inc()
        if after.started_at_ms and not (before and before.started_at_ms):
            self._queue_wait.observe(_seconds(after.submitted_at_ms, after.started_at_ms))
        if after.first_step_at_ms and not (before and before.first_step_at_ms):
            self._first_step.observe(_seconds(after.submitted_at_ms, after.first_step_at_ms))
        self._count_ends(before, after)
        self._watch_cancel(before, after)

    def committed(self, seconds: float) -> None:
        """Count one transaction of the control loop."""
        self._commit_latency.observe(seconds)

    def rpc_ended(self, method: str, code: str, seconds: float | None) -> None:
        """Count one rpc; streams have no duration that would say anything."""
        self._rpcs.labels(method, code).inc()
        if seconds is not None:
            self._rpc_seconds.labels(method).observe(seconds)

    def request_ended(self, route: str, method: str, status: int, seconds: float | None) -> None:
        """Count one HTTP request."""
        self._requests.labels(route, method, str(status)).inc()
        if seconds is not None:
            self._request_seconds.labels(route).observe(seconds)

    def _count_ends(self, before: JobRecord | None, after: JobRecord) -> None:
        if job_has_ended(after.state) and not (before and job_has_ended(before.state)):
            self._ended.labels(after.state.value).inc()
        known = len(before.attempts) if before else 0
        for index in range(max(0, known - 1), len(after.attempts)):
            had_ended = before is not None and index < known and attempt_has_ended(before.attempts[index].state)
            if attempt_has_ended(after.attempts[index].state) and not had_ended:
                self._attempts_ended.labels(after.attempts[index].state.value).inc()

    def _watch_cancel(self, before: JobRecord | None, after: JobRecord) -> None:
        if job_has_ended(after.state):
            begun = self._cancelled_at.pop(after.job_id, None)
            if begun is not None:
                self._cancel_latency.observe(self._clock.monotonic_seconds() - begun)
        elif after.stop_intent is StopIntent.CANCEL and not (before and before.stop_intent is StopIntent.CANCEL):
            self._cancelled_at[after.job_id] = self._clock.monotonic_seconds()
            if len(self._cancelled_at) > _MOST_CANCELS:
                del self._cancelled_at[next(iter(self._cancelled_at))]

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.help, metric.labels, registry=self.registry)

    def _histogram(self, metric: Metric) -> Histogram:
        return Histogram(metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=self.registry)


def _seconds(from_ms: int, to_ms: int) -> float:
    """Wall clocks may have been set back between the two."""
    return max(0.0, (to_ms - from_ms) / _MS_PER_SECOND)
