"""The spans of what a node does for an attempt, below the attempt's own span, which the central server makes.

Threads and tasks of an attempt all add to one trace. Chunks, of which there may be twenty a second, are told in spans
that each cover twice the time of the one before, up to a minute; of checkpoints, after the first twenty, ever fewer are
told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from shared.clock import Clock
from shared.identifiers import AttemptKey
from shared.log_lines import log_context
from shared.node_messages import OfferAttempt
from shared.tracing import Attribute, Span, SpanSink, Timeline, TraceContext, attempt_context

FIRST_WINDOW_MS = 500.0
LONGEST_WINDOW_MS = 60_000.0
PLAIN_SPANS = 20
"""So many spans of one name an attempt has; from then on, those that are powers of two."""
_RUN = "node.run"


class AttemptTrace:
    """The trace of one attempt that nobody follows: it does nothing, at no cost."""

    def span(self, name: str, **attributes: Attribute) -> AbstractContextManager[None]:  # noqa: ARG002 - see below
        """Trace a block of the attempt's run; from any thread."""
        return nullcontext()

    def span_beside_run(self, name: str, **attributes: Attribute) -> AbstractContextManager[None]:  # noqa: ARG002
        """Trace a block that comes before the attempt's run or after it."""
        return nullcontext()

    def run(self) -> AbstractContextManager[None]:
        """Trace the block that is the attempt's whole run."""
        return nullcontext()

    def chunks_begin(self) -> None:
        """The first chunk begins; from the attempt's thread alone, as the next two."""

    def chunk_done(self, step: int) -> None:
        """A chunk of steps has ended."""

    def chunks_done(self) -> None:
        """There will be no more chunks."""


NO_TRACE = AttemptTrace()


class FollowedAttempt(AttemptTrace):
    """The trace of one attempt that somebody follows."""

    def __init__(self, context: TraceContext, key: AttemptKey, spans: SpanSink, clock: Clock) -> None:
        self._above = context
        self._run = context.of(_RUN, key)
        self._about: dict[str, Attribute] = {"job_id": key.job_id, "attempt": key.number}
        self._spans = spans
        self._timeline = Timeline(clock)
        self._counts = Counter[str]()
        self._chunks = _Window()

    def span(self, name: str, **attributes: Attribute) -> AbstractContextManager[None]:
        """Trace a block of the attempt's run; from any thread."""
        return self._thinned(name, self._run, attributes)

    def span_beside_run(self, name: str, **attributes: Attribute) -> AbstractContextManager[None]:
        """Trace a block that comes before the attempt's run or after it."""
        return self._thinned(name, self._above, attributes)

    def run(self) -> AbstractContextManager[None]:
        """Trace the block that is the attempt's whole run."""
        return self._traced(_RUN, self._run, self._above, {})

    def chunks_begin(self) -> None:
        """The first chunk begins."""
        self._chunks = _Window(self._timeline.now_ms())

    def chunk_done(self, step: int) -> None:
        """A chunk of steps has ended."""
        now_ms = self._timeline.now_ms()
        self._chunks.add(step)
        if now_ms - self._chunks.start_ms >= self._chunks.length_ms:
            self._tell_chunks(now_ms)

    def chunks_done(self) -> None:
        """There will be no more chunks."""
        if self._chunks.chunks:
            self._tell_chunks(self._timeline.now_ms())

    def _thinned(
        self, name: str, above: TraceContext, attributes: dict[str, Attribute]
    ) -> AbstractContextManager[None]:
        self._counts[name] += 1
        if not _is_told(self._counts[name]):
            return nullcontext()
        return self._traced(name, above.sibling(), above, attributes)

    def _tell_chunks(self, now_ms: float) -> None:
        window = self._chunks
        said = self._about | {"chunks": window.chunks, "last_step": window.last_step}
        span = Span("node.chunks", self._run.sibling(), self._run.span_id, window.start_ms, now_ms, said)
        self._spans.add(span)
        longer_ms = min(max(FIRST_WINDOW_MS, 2 * window.length_ms), LONGEST_WINDOW_MS)
        self._chunks = _Window(now_ms, longer_ms)

    @contextmanager
    def _traced(
        self, name: str, context: TraceContext, above: TraceContext, attributes: dict[str, Attribute]
    ) -> Iterator[None]:
        start_ms, error = self._timeline.now_ms(), ""
        try:
            with log_context(trace_id=context.trace_id, span_id=context.span_id):
                yield
        except Exception as failure:
            error = str(failure)[:200] or type(failure).__name__
            raise
        finally:
            end_ms = self._timeline.now_ms()
            self._spans.add(Span(name, context, above.span_id, start_ms, end_ms, self._about | attributes, error))


class _Window:
    """Chunks that are told together; the first is told alone."""

    def __init__(self, start_ms: float = 0.0, length_ms: float = 0.0) -> None:
        self.start_ms = start_ms
        self.length_ms = length_ms
        self.chunks = 0
        self.last_step = 0

    def add(self, step: int) -> None:
        self.chunks += 1
        self.last_step = step


class AttemptTraces:
    """The traces of a node's attempts by their keys. `begin` and `forget` belong to the event loop.

    Args:
        spans: where they go; None when the node traces nothing.
        clock: both kinds of time.
    """

    def __init__(self, spans: SpanSink | None, clock: Clock) -> None:
        self._spans = spans
        self._clock = clock
        self._followed: dict[AttemptKey, FollowedAttempt] = {}

    def begin(self, offer: OfferAttempt) -> None:
        """Follow an attempt, when its server does."""
        key = offer.key
        context = attempt_context(offer.traceparent, key.job_id, key.number) if self._spans else None
        if context is not None and self._spans is not None:
            self._followed[key] = FollowedAttempt(context, key, self._spans, self._clock)

    def of(self, key: AttemptKey) -> AttemptTrace:
        """Return an attempt's trace, one that does nothing when it is not followed."""
        return self._followed.get(key, NO_TRACE)

    def forget(self, key: AttemptKey) -> None:
        """The attempt is settled: nothing more will be told of it."""
        self._followed.pop(key, None)


def _is_told(count: int) -> bool:
    return count <= PLAIN_SPANS or count & (count - 1) == 0
