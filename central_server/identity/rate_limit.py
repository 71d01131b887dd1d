"""How fast one identity may ask: a bucket of requests each, refilled steadily. It decides, it does not wait."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from shared.errors import TooManyRequests

BURST_SECONDS = 2.0
"""A bucket holds what flows in during this time."""
_MOST_IDENTITIES = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_seconds: float


class RateLimit:
    """Buckets by identity, of a bounded number of identities; a rate of 0 limits nobody."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._capacity = max(1.0, per_second * BURST_SECONDS)
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, identity: str, now_seconds: float) -> None:
        """Count one request.

        Raises:
            TooManyRequests: the bucket is empty.
        """
        if not self._per_second:
            return
        bucket = self._buckets.get(identity) or self._opened(identity, now_seconds)
        flowed = (now_seconds - bucket.at_seconds) * self._per_second
        bucket.tokens, bucket.at_seconds = min(self._capacity, bucket.tokens + flowed), now_seconds
        if bucket.tokens < 1.0:
            wait = (1.0 - bucket.tokens) / self._per_second
            raise TooManyRequests(
                f"one identity may ask {self._per_second:g} times a second; try again in {max(wait, 0.01):.2g} s",
                retry_after_seconds=wait,
            )
        bucket.tokens -= 1.0

    def _opened(self, identity: str, now_seconds: float) -> _Bucket:
        bucket = self._buckets[identity] = _Bucket(self._capacity, now_seconds)
        if len(self._buckets) > _MOST_IDENTITIES:
            self._buckets.popitem(last=False)
        return bucket
