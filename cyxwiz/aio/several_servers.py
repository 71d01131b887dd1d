"""One gRPC channel out of several, for stubs: each call goes to the server that is being used now.

Of several central servers one decides and the others stand by; which is which shows only in their answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import grpc.aio

_SETTLE_SECONDS = 0.05
"""Calls that fail together at one server move on once."""


class SeveralServers:
    """As much of `grpc.aio.Channel` as stubs use."""

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        dial: Callable[[str], grpc.aio.Channel],
        monotonic_seconds: Callable[[], float],
        metadata: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Dial every one; gRPC connects with the first call. Every call carries `metadata`."""
        self._metadata = metadata
        self._addresses = tuple(addresses)
        self._channels = [dial(address) for address in addresses]
        self._monotonic_seconds = monotonic_seconds
        self._used = 0
        self._moved_at_seconds = -_SETTLE_SECONDS

    @property
    def address(self) -> str:
        """Where calls go now."""
        return self._addresses[self._used]

    def move_on(self) -> None:
        """Use the next server from now on."""
        now = self._monotonic_seconds()
        if now - self._moved_at_seconds >= _SETTLE_SECONDS:
            self._moved_at_seconds = now
            self._used = (self._used + 1) % len(self._addresses)

    async def close(self) -> None:
        """Close every channel; calls in flight end."""
        for channel in self._channels:
            await channel.close()

    def unary_unary(self, *how: Any, **named: Any) -> Callable[..., Any]:
        """Return a method of the server used at the moment of each call."""
        return self._method([channel.unary_unary(*how, **named) for channel in self._channels])

    def unary_stream(self, *how: Any, **named: Any) -> Callable[..., Any]:
        """Return a method of the server used at the moment of each call."""
        return self._method([channel.unary_stream(*how, **named) for channel in self._channels])

    def stream_unary(self, *how: Any, **named: Any) -> Callable[..., Any]:
        """Return a method of the server used at the moment of each call."""
        return self._method([channel.stream_unary(*how, **named) for channel in self._channels])

    def stream_stream(self, *how: Any, **named: Any) -> Callable[..., Any]:
        """Return a method of the server used at the moment of each call."""
        return self._method([channel.stream_stream(*how, **named) for channel in self._channels])

    def _method(self, methods: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if self._metadata:
                named["metadata"] = (*(named.get("metadata") or ()), *self._metadata)
            return methods[self._used](*arguments, **named)

        return call
