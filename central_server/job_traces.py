"""The spans of a job's way through the central server, made from what was decided and when. It decides nothing.

Below the submission (`job.accept`, with `job.commit`) hangs the job; below the job each wait, placement and attempt;
below an attempt its offer, what the node did, and the commit of its result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from central_server.scheduler.effects import Effect, RemoveJob, SaveJob
from central_server.scheduler.jobs import AttemptRecord, JobRecord
from central_server.structured_logging import log_context
from shared.clock import Clock
from shared.lifecycle import AttemptState, JobState, attempt_has_ended, job_has_ended
from shared.tracing import (
    Attribute,
    Span,
    SpanKind,
    SpanSink,
    Timeline,
    TraceContext,
    attempt_context,
    job_context,
)

_GONE_WRONG = frozenset({AttemptState.FAILED, AttemptState.LOST})


@dataclass(slots=True)
class Submission:
    """A submission under way: the `traceparent` its job is to keep, and what is learnt of it."""

    traceparent: str
    attributes: dict[str, Attribute] = field(default_factory=dict)


class JobTraces:
    """Belongs to the event loop.

    Args:
        spans: where they go.
        seen: returns a job as it was shown before a round's effects are.
        clock: both kinds of time.
    """

    def __init__(self, spans: SpanSink, seen: Callable[[str], JobRecord | None], clock: Clock) -> None:
        self._spans = spans
        self._seen = seen
        self._timeline = Timeline(clock)

    @contextmanager
    def accepting(self, traceparent: str) -> Iterator[Submission]:
        """Trace one submission, below what the client said of its own trace."""
        parent = TraceContext.parse(traceparent)
        context = parent.sibling() if parent else TraceContext.begin()
        context = TraceContext(context.trace_id, context.span_id, self._spans.samples(parent, context))
        submission = Submission(str(context))
        start_ms, error = self._timeline.now_ms(), ""
        try:
            with log_context(trace_id=context.trace_id, span_id=context.span_id):
                yield submission
        except Exception as refusal:
            error = str(refusal)[:200] or type(refusal).__name__
            raise
        finally:
            self._spans.add(
                Span(
                    "job.accept",
                    context,
                    parent.span_id if parent else "",
                    start_ms,
                    self._timeline.now_ms(),
                    submission.attributes,
                    error,
                    SpanKind.SERVER,
                    is_parent_remote=True,
                )
            )

    def round_is_durable(self, effects: Sequence[Effect], decide_seconds: float, commit_seconds: float) -> None:
        """Make the spans that a round of the control loop has begun or ended.

        Args:
            effects: of the round, before any is shown.
            decide_seconds: how long the core took, just before.
            commit_seconds: how long the store took, up to now.
        """
        round_ = _Round.before(self._timeline.now_ms(), decide_seconds, commit_seconds)
        fresh: dict[str, JobRecord] = {}
        for effect in effects:
            match effect:
                case SaveJob(record) if record.traceparent:
                    before = fresh.get(record.job_id) or self._seen(record.job_id)
                    self._trace(before, record, round_)
                    fresh[record.job_id] = record
                case RemoveJob(job_id):
                    self._trace_removal(fresh.get(job_id) or self._seen(job_id), round_)
                case _:
                    pass

    def _trace(self, before: JobRecord | None, job: JobRecord, round_: _Round) -> None:
        above = job_context(job.traceparent, job.job_id)
        if above is None:
            return
        if before is None and not job.attempts:
            accepted = TraceContext.parse(job.traceparent)
            assert accepted is not None, "it has a job's context"
            self._add("job.commit", accepted.sibling(), accepted, round_.decided_ms, round_.committed_ms)
        earlier = {attempt.number: attempt for attempt in before.attempts} if before else {}
        for attempt in job.attempts[-2:]:
            self._trace_attempt(earlier.get(attempt.number), attempt, job, round_)
        if job_has_ended(job.state) and not (before and job_has_ended(before.state)):
            self._trace_end(job, job.state.value, job.ended_at_ms)

    def _trace_attempt(
        self, before: AttemptRecord | None, attempt: AttemptRecord, job: JobRecord, round_: _Round
    ) -> None:
        above = job_context(job.traceparent, job.job_id)
        context = attempt_context(job.traceparent, job.job_id, attempt.number)
        assert above is not None, "asked by whoever calls"
        assert context is not None, "an attempt has one when its job has"
        where: dict[str, Attribute] = {"job_id": job.job_id, "attempt": attempt.number, "node_id": attempt.node_id}
        if before is None:
            since_ms = job.attempts[attempt.number - 2].ended_at_ms if attempt.number > 1 else job.submitted_at_ms
            self._add("job.wait", above.sibling(), above, since_ms, attempt.offered_at_ms, where)
            chosen = where | {"devices": ",".join(attempt.device_ids), "why": attempt.placement}
            self._add("job.place", above.sibling(), above, round_.began_ms, round_.committed_ms, chosen)
        if before and before.state is AttemptState.OFFERED and attempt.state is not AttemptState.OFFERED:
            self._add("job.offer", context.sibling(), context, attempt.offered_at_ms, round_.committed_ms, where)
        if before and attempt_has_ended(attempt.state) and not attempt_has_ended(before.state):
            if job.state is JobState.SUCCEEDED:
                commit = context.sibling()
                self._add("job.result_commit", commit, context, round_.decided_ms, round_.committed_ms, where)
            error = attempt.reason or attempt.state.value if attempt.state in _GONE_WRONG else ""
            ended = where | {"state": attempt.state.value, "resumed_from_step": attempt.resumed_from_step}
            self._add("job.attempt", context, above, attempt.offered_at_ms, attempt.ended_at_ms, ended, error)

    def _trace_removal(self, job: JobRecord | None, round_: _Round) -> None:
        if job is not None and not job_has_ended(job.state):
            self._trace_end(job, "deleted", round_.committed_ms)

    def _trace_end(self, job: JobRecord, state: str, ended_ms: float) -> None:
        context, accepted = job_context(job.traceparent, job.job_id), TraceContext.parse(job.traceparent)
        if context is None or accepted is None:
            return
        said: dict[str, Attribute] = {
            "job_id": job.job_id,
            "name": job.spec.name,
            "user_id": job.spec.user_id,
            "state": state,
            "attempts": len(job.attempts),
        }
        error = job.error.message if job.error else ""
        self._add("job", context, accepted, job.submitted_at_ms, ended_ms, said, error)

    def _add(
        self,
        name: str,
        context: TraceContext,
        above: TraceContext,
        start_ms: float,
        end_ms: float,
        attributes: dict[str, Attribute] | None = None,
        error: str = "",
    ) -> None:
        self._spans.add(Span(name, context, above.span_id, start_ms, end_ms, attributes or {}, error))


@dataclass(frozen=True, slots=True)
class _Round:
    """When a round of the control loop began, had decided, and was durable."""

    began_ms: float
    decided_ms: float
    committed_ms: float

    @classmethod
    def before(cls, now_ms: float, decide_seconds: float, commit_seconds: float) -> _Round:
        decided_ms = now_ms - commit_seconds * 1000
        return cls(decided_ms - decide_seconds * 1000, decided_ms, now_ms)
