"""Spans of a job's way, as records, and where they go. What is traced decides nothing and waits for nobody.

Ids of spans that two processes have to agree on, or that have to survive a restart, are derived from what the span is
about; so a span can be made after the fact, and its children can know it before it ends.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, Self

from shared.clock import Clock

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_INVALID_VERSION = "ff"

Attribute = str | int | float | bool


@dataclass(frozen=True, slots=True)
class TraceContext:
    """Which trace, and which span of it: W3C Trace Context, https://www.w3.org/TR/trace-context/."""

    trace_id: str
    span_id: str
    is_sampled: bool = True

    @classmethod
    def begin(cls) -> Self:
        """Return the context of the first span of a new trace."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @classmethod
    def parse(cls, traceparent: str) -> Self | None:
        """Return the context in a `traceparent`, None when it is none: a foreign header must not refuse a job."""
        found = _TRACEPARENT.fullmatch(traceparent) if len(traceparent) < 200 else None
        if found is None or traceparent.startswith(_INVALID_VERSION) or not int(found[1], 16) or not int(found[2], 16):
            return None
        return cls(found[1], found[2], bool(int(found[3], 16) & 1))

    def __str__(self) -> str:
        """Return the `traceparent`."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.is_sampled else '00'}"

    def sibling(self) -> TraceContext:
        """Return the context of another span of this trace, which nobody else knows."""
        return TraceContext(self.trace_id, secrets.token_hex(8), self.is_sampled)

    def of(self, *about: object) -> TraceContext:
        """Return the context of the span of this trace that is about these: the same in every process."""
        text = "\n".join([self.trace_id, *map(str, about)])
        return TraceContext(self.trace_id, hashlib.sha256(text.encode()).hexdigest()[:16], self.is_sampled)


def job_context(traceparent: str, job_id: str) -> TraceContext | None:
    """Return the context of the span of a whole job, whose submission left this `traceparent`; None when untraced."""
    context = TraceContext.parse(traceparent)
    return context.of("job", job_id) if context and context.is_sampled else None


def attempt_context(traceparent: str, job_id: str, number: int) -> TraceContext | None:
    """Return the context of the span of one attempt; server and node agree on it."""
    context = job_context(traceparent, job_id)
    return context.of("attempt", job_id, number) if context else None


class SpanKind(StrEnum):
    """What a span is on its trace."""

    INTERNAL = "internal"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time; times in Unix milliseconds.

    Attributes:
        parent_id: the span above it, of the same trace; empty for none.
        is_parent_remote: whether that one is another process's.
        error: why it failed; empty when it did not.
    """

    name: str
    context: TraceContext
    parent_id: str
    start_ms: float
    end_ms: float
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    error: str = ""
    kind: SpanKind = SpanKind.INTERNAL
    is_parent_remote: bool = False


class SpanSink(Protocol):
    """Where spans go. `add` may be called from any thread, returns at once and never raises."""

    def samples(self, parent: TraceContext | None, context: TraceContext) -> bool:
        """Decide whether a trace that begins here is recorded."""
        ...

    def add(self, span: Span) -> None:
        """Take a span that has ended."""
        ...


class Timeline:
    """Monotonic moments as Unix milliseconds, finer than the clock that people see."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = clock.unix_ms() - clock.monotonic_seconds() * 1000

    def now_ms(self) -> float:
        """Return this moment; the wall clock is followed when it was moved."""
        now_ms = self._offset_ms + self._clock.monotonic_seconds() * 1000
        if abs(self._clock.unix_ms() - now_ms) > 2.0:
            self._offset_ms = self._clock.unix_ms() - self._clock.monotonic_seconds() * 1000
        return self._offset_ms + self._clock.monotonic_seconds() * 1000
