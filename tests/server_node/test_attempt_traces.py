"""What a node tells of an attempt's way: enough to see where time went, never a flood, and nothing when nobody asks."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from server_node.attempt_traces import NO_TRACE, AttemptTrace, AttemptTraces
from shared.identifiers import AttemptKey
from shared.node_messages import OfferAttempt
from shared.tracing import Span, TraceContext, attempt_context
from tests.builders import a_spec

A_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
KEY = AttemptKey("job", 1)


@dataclass
class Spans:
    """Keeps them."""

    spans: list[Span] = field(default_factory=list)

    def samples(self, parent: TraceContext | None, context: TraceContext) -> bool:
        return True

    def add(self, span: Span) -> None:
        self.spans.append(span)

    def names(self) -> list[str]:
        return [span.name for span in self.spans]


@dataclass
class HandClock:
    seconds: float = 1_000.0

    def unix_ms(self) -> int:
        return round(self.seconds * 1000)

    def monotonic_seconds(self) -> float:
        return self.seconds


@pytest.fixture
def spans() -> Spans:
    return Spans()


def an_offer(traceparent: str = A_TRACE) -> OfferAttempt:
    return OfferAttempt(KEY, a_spec(), ("cpu:0",), 1, 20.0, traceparent=traceparent)


def followed(spans: Spans, clock: HandClock) -> AttemptTrace:
    traces = AttemptTraces(spans, clock)
    traces.begin(an_offer())
    return traces.of(KEY)


def test_blocks_hang_below_the_run_and_the_run_below_the_attempt(spans: Spans) -> None:
    clock = HandClock()
    trace = followed(spans, clock)
    with trace.span_beside_run("node.bring_data"):
        pass
    with trace.run(), trace.span("node.prepare", device="cpu:0"):
        clock.seconds += 2
    bring, prepare, run = spans.spans
    attempt = attempt_context(A_TRACE, "job", 1)
    assert attempt is not None
    assert (bring.parent_id, run.parent_id, prepare.parent_id) == (
        attempt.span_id,
        attempt.span_id,
        run.context.span_id,
    )
    assert prepare.attributes == {"job_id": "job", "attempt": 1, "device": "cpu:0"}
    assert prepare.end_ms - prepare.start_ms == pytest.approx(2000)


def test_an_hour_of_chunks_is_told_in_few_spans(spans: Spans) -> None:
    clock = HandClock()
    trace = followed(spans, clock)
    trace.chunks_begin()
    for step in range(1, 72_001):
        clock.seconds += 0.05
        trace.chunk_done(step)
    trace.chunks_done()
    assert len(spans.spans) < 80
    assert spans.spans[0].attributes["chunks"] == 1
    assert sum(int(span.attributes["chunks"]) for span in spans.spans) == 72_000
    assert all(one.end_ms == other.start_ms for one, other in zip(spans.spans, spans.spans[1:], strict=False))


def test_many_checkpoints_are_told_ever_less_often(spans: Spans) -> None:
    trace = followed(spans, HandClock())
    for step in range(1_000):
        with trace.span("node.checkpoint", step=step):
            pass
    assert 20 < len(spans.spans) < 30


def test_what_fails_says_why(spans: Spans) -> None:
    trace = followed(spans, HandClock())
    with pytest.raises(OSError, match="disk"), trace.span("node.write_result"):
        raise OSError("the disk is full")
    assert spans.spans[0].error == "the disk is full"


def test_an_attempt_that_nobody_follows_has_the_trace_that_does_nothing(spans: Spans) -> None:
    for traces, offer in (
        (AttemptTraces(None, HandClock()), an_offer()),
        (AttemptTraces(spans, HandClock()), an_offer("")),
        (AttemptTraces(spans, HandClock()), an_offer(A_TRACE[:-2] + "00")),
    ):
        traces.begin(offer)
        assert traces.of(KEY) is NO_TRACE


def test_a_settled_attempt_is_forgotten(spans: Spans) -> None:
    traces = AttemptTraces(spans, HandClock())
    traces.begin(an_offer())
    traces.forget(KEY)
    assert traces.of(KEY) is NO_TRACE
