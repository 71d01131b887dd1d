"""How much deployments have answered: totals since the server's start, and points of the last hour. It only adds up."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.identifiers import AttemptKey

SAMPLE_SECONDS = 5.0
KEPT_POINTS = 720
_MOST = 2.0**53


@dataclass(frozen=True, slots=True)
class ReplicaCounts:
    """What one attempt of a replica says of itself: counted since it started, and measured over the last second."""

    key: AttemptKey
    requests: int
    latency_ms: float
    rows_per_second: float


@dataclass(frozen=True, slots=True)
class SamplePoint:
    """What a deployment did between the point before and this one."""

    at_ms: int
    requests: int
    latency_ms: float
    rows_per_second: float


@dataclass(slots=True)
class _Served:
    total_requests: int = 0
    total_latency_ms: float = 0.0
    marked_requests: int = 0
    marked_latency_ms: float = 0.0
    rows_per_second: float = 0.0
    seen: dict[AttemptKey, int] = field(default_factory=dict)
    points: deque[SamplePoint] = field(default_factory=lambda: deque(maxlen=KEPT_POINTS))


def told(metrics: Mapping[str, float], name: str) -> float:
    """Return a number that a node said of itself; 0 where it said none, or none that can be."""
    value = metrics.get(name, 0.0)
    return value if 0 <= value < _MOST else 0.0


class ServedSamples:
    """Belongs to the event loop."""

    def __init__(self) -> None:
        self._served: dict[str, _Served] = {}

    def count(self, deployment_id: str, counts: Iterable[ReplicaCounts]) -> None:
        """Add what the replicas have done since the last time."""
        served = self._served.setdefault(deployment_id, _Served())
        counts = tuple(counts)
        for one in counts:
            news = max(0, one.requests - served.seen.get(one.key, 0))
            served.total_requests += news
            served.total_latency_ms += news * one.latency_ms
        served.seen = {one.key: one.requests for one in counts}
        served.rows_per_second = sum(one.rows_per_second for one in counts)

    def mark(self, deployment_id: str, now_ms: int) -> None:
        """Let what was counted since the point before be a point."""
        served = self._served.setdefault(deployment_id, _Served())
        requests = served.total_requests - served.marked_requests
        latency_ms = served.total_latency_ms - served.marked_latency_ms
        mean_ms = latency_ms / requests if requests else 0.0
        served.points.append(SamplePoint(now_ms, requests, mean_ms, served.rows_per_second))
        served.marked_requests, served.marked_latency_ms = served.total_requests, served.total_latency_ms

    def keep_only(self, deployment_ids: Iterable[str]) -> None:
        """Forget all others."""
        kept = set(deployment_ids)
        self._served = {name: served for name, served in self._served.items() if name in kept}

    def totals(self, deployment_id: str) -> tuple[int, float]:
        """Return how many requests were answered, and how long one took on average, in milliseconds."""
        served = self._served.get(deployment_id)
        if served is None or not served.total_requests:
            return 0, 0.0
        return served.total_requests, served.total_latency_ms / served.total_requests

    def points(self, deployment_id: str, *, from_ms: int = 0, until_ms: int = 0) -> tuple[SamplePoint, ...]:
        """Return the points of a span of time, the oldest first; 0 does not limit."""
        served = self._served.get(deployment_id)
        within = (point for point in served.points if point.at_ms >= from_ms) if served else ()
        return tuple(point for point in within if not until_ms or point.at_ms <= until_ms)
