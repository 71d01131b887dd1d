"""Reads a numbered stream to its end over any number of connections, without gaps and without repeats.

Each message carries a growing sequence number; after a cut the stream is opened anew behind the last one seen.
It never decides what the messages mean.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol, TypeVar

import grpc

from cyxwiz.aio.connection import Connection, Patience
from cyxwiz.errors import ServerUnreachable


class Numbered(Protocol):
    """A message of such a stream."""

    @property
    def sequence(self) -> int:
        """Its place; later messages have higher ones."""
        ...


_Message = TypeVar("_Message", bound=Numbered)
_Request = TypeVar("_Request")

OnAway = Callable[[Exception], None]
"""Told once each time the stream was cut and will be tried again."""


async def read_resumable(
    connection: Connection,
    open_after: Callable[[int], grpc.aio.UnaryStreamCall[_Request, _Message]],
    *,
    is_last: Callable[[_Message], bool],
    ends_without_last: bool,
    after_sequence: int = 0,
    away_seconds: float,
    on_away: OnAway | None = None,
) -> AsyncGenerator[_Message]:
    """Yield each message once.

    Args:
        connection: for its errors and its patience.
        open_after: starts the rpc behind a sequence number.
        is_last: tells the message after which nothing follows.
        ends_without_last: whether the server closing the stream in order is an end too.
        after_sequence: where to start.
        away_seconds: how long the server may be gone, once it has answered, before its absence is raised.
        on_away: told of cuts.

    Raises:
        CyxWizError: by the status code; absence only after its patience ran out.
    """
    patience = connection.patience()
    while True:
        call = open_after(after_sequence)
        try:
            async for message in call:
                patience = connection.patience(away_seconds)
                if message.sequence <= after_sequence:
                    continue
                after_sequence = message.sequence
                yield message
                if is_last(message):
                    return
            if ends_without_last:
                return
            cut: Exception = ServerUnreachable(f"the central server at {connection.address} closed the stream early")
        except grpc.aio.AioRpcError as error:
            cut = connection.error(error)
        finally:
            call.cancel()
        await _wait(patience, cut, on_away)


async def _wait(patience: Patience, cut: Exception, on_away: OnAway | None) -> None:
    if on_away is not None and isinstance(cut, ServerUnreachable):
        on_away(cut)
    await patience.wait_or_raise(cut)
