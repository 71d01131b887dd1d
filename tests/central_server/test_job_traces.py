"""Spans made from what the core decided: each once, connected, over attempts and restarts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from central_server.job_traces import JobTraces
from central_server.scheduler.effects import Effect, RemoveJob, SaveJob
from central_server.scheduler.jobs import JobError, JobRecord
from shared.lifecycle import AttemptState, JobState
from shared.tracing import Span, TraceContext, job_context
from tests.builders import a_job, an_attempt

A_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
START_MS = 1_700_000_000_000


@dataclass
class Rig:
    """Traces, the records that are shown, and the spans that came out."""

    is_sampled: bool = True
    now_ms: int = START_MS
    shown: dict[str, JobRecord] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.traces = JobTraces(self, self.shown.get, self)

    def samples(self, parent: TraceContext | None, context: TraceContext) -> bool:
        return self.is_sampled

    def add(self, span: Span) -> None:
        self.spans.append(span)

    def unix_ms(self) -> int:
        return self.now_ms

    def monotonic_seconds(self) -> float:
        return self.now_ms / 1000

    def round(self, *records: JobRecord, removed: str = "") -> list[str]:
        """Let a round be durable, and show it; return the names of its spans."""
        before = len(self.spans)
        effects: list[Effect] = [SaveJob(record) for record in records]
        self.traces.round_is_durable([*effects, *([RemoveJob(removed)] if removed else [])], 0.002, 0.003)
        self.shown |= {record.job_id: record for record in records}
        return [span.name for span in self.spans[before:]]

    def one(self, name: str) -> Span:
        (span,) = [span for span in self.spans if span.name == name]
        return span


@pytest.fixture
def rig() -> Rig:
    return Rig()


def a_traced_job(**fields: Any) -> JobRecord:
    return a_job(submitted_at_ms=START_MS, traceparent=A_TRACE, **fields)


def an_offered(number: int = 1, at_ms: int = START_MS + 500) -> JobRecord:
    attempt = replace(an_attempt(number, state=AttemptState.OFFERED), offered_at_ms=at_ms)
    return a_traced_job(state=JobState.RUNNING, attempts=(attempt,))


def moved(job: JobRecord, to: AttemptState, **fields: Any) -> JobRecord:
    last = replace(job.attempts[-1], state=to, ended_at_ms=START_MS + 9_000 if "ended_at_ms" in fields else 0)
    return replace(job, attempts=(*job.attempts[:-1], last), **fields)


def test_a_job_that_succeeds_leaves_each_span_once(rig: Rig) -> None:
    offered = an_offered()
    running = moved(offered, AttemptState.RUNNING)
    ended = moved(running, AttemptState.SUCCEEDED, state=JobState.SUCCEEDED, ended_at_ms=START_MS + 9_000)
    told = [rig.round(record) for record in (a_traced_job(), offered, running, running, ended)]
    assert told == [
        ["job.commit"],
        ["job.wait", "job.place"],
        ["job.offer"],
        [],
        ["job.result_commit", "job.attempt", "job"],
    ]
    wait, job, attempt = rig.one("job.wait"), rig.one("job"), rig.one("job.attempt")
    assert (wait.start_ms, wait.end_ms) == (START_MS, START_MS + 500)
    assert (job.start_ms, job.end_ms) == (START_MS, START_MS + 9_000)
    assert (attempt.parent_id, wait.parent_id) == (job.context.span_id, job.context.span_id)
    assert job.parent_id == "b7ad6b7169203331"


def test_a_submission_that_is_placed_at_once_has_all_its_spans(rig: Rig) -> None:
    assert rig.round(a_traced_job(), an_offered()) == ["job.commit", "job.wait", "job.place"]


def test_placing_and_committing_take_the_time_they_took(rig: Rig) -> None:
    rig.round(a_traced_job(), an_offered())
    place, commit = rig.one("job.place"), rig.one("job.commit")
    assert place.end_ms - place.start_ms == pytest.approx(5)
    assert commit.end_ms - commit.start_ms == pytest.approx(3)


def test_another_attempt_waits_from_the_end_of_the_one_before(rig: Rig) -> None:
    first = moved(an_offered(), AttemptState.LOST, ended_at_ms=0)
    rig.round(an_offered())
    assert rig.round(replace(first, state=JobState.QUEUED)) == ["job.offer", "job.attempt"]
    assert rig.one("job.attempt").error == "lost"
    second = replace(an_attempt(2, state=AttemptState.OFFERED), offered_at_ms=START_MS + 12_000)
    rig.spans.clear()
    assert rig.round(replace(first, state=JobState.RUNNING, attempts=(*first.attempts, second))) == [
        "job.wait",
        "job.place",
    ]
    assert rig.one("job.wait").start_ms == START_MS + 9_000


def test_a_restart_repeats_no_span_and_ends_the_job_under_its_old_id(rig: Rig) -> None:
    running = moved(an_offered(), AttemptState.RUNNING)
    fresh = Rig(shown={"job": running})
    failed = moved(running, AttemptState.FAILED, state=JobState.FAILED, ended_at_ms=START_MS + 9_000)
    error = JobError("diverged", "it diverged")
    assert fresh.round(replace(failed, error=error)) == ["job.attempt", "job"]
    assert fresh.one("job").context == job_context(A_TRACE, "job")
    assert fresh.one("job").error == "it diverged"


def test_a_job_that_is_removed_before_it_ended_ends_its_span(rig: Rig) -> None:
    rig.round(a_traced_job())
    assert rig.round(removed="job") == ["job"]
    assert rig.one("job").attributes["state"] == "deleted"


def test_jobs_that_nobody_follows_cost_nothing(rig: Rig) -> None:
    assert rig.round(a_job("untraced")) == []
    assert rig.round(a_job("unsampled", traceparent=A_TRACE[:-2] + "00")) == []


def test_a_submission_goes_on_from_the_clients_span_or_begins_a_trace(rig: Rig) -> None:
    for header in (A_TRACE, "nonsense"):
        with rig.traces.accepting(header) as submission:
            submission.attributes["job_id"] = "job"
    with_parent, alone = rig.spans
    assert (with_parent.context.trace_id, with_parent.parent_id) == (A_TRACE[3:35], A_TRACE[36:52])
    assert (alone.parent_id, alone.context.is_sampled) == ("", True)
    assert alone.context.trace_id != with_parent.context.trace_id


def test_a_refused_submission_says_why(rig: Rig) -> None:
    with pytest.raises(ValueError, match="no"), rig.traces.accepting(""):
        raise ValueError("no")
    assert rig.one("job.accept").error == "no"


def test_what_is_not_sampled_leaves_no_job_to_follow() -> None:
    rig = Rig(is_sampled=False)
    with rig.traces.accepting(A_TRACE) as submission:
        assert submission.traceparent.endswith("-00")
