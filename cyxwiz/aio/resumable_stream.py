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
"""Told once each time the server has gone, however many tries it takes until the next message comes."""

OnBack = Callable[[], None]
"""Told once each time the server is back."""


async def read_resumable(
    connection: Connection,
    open_after: Callable[[int], grpc.aio.UnaryStreamCall[_Request, _Message]],
    *,
    is_last: Callable[[_Message], bool],
    ends_without_last: bool,
    after_sequence: int = 0,
    away_seconds: float,
    on_away: OnAway | None = None,
    on_back: OnBack | None = None,
    may_repeat_number: bool = False,
) -> AsyncGenerator[_Message]:
    """Yield each message once.

    Args:
        connection: for its errors and its patience.
        open_after: starts the rpc behind a sequence number.
        is_last: tells the message after which nothing follows.
        ends_without_last: whether the server closing the stream in order is an end too.
        after_sequence: where to start.
        away_seconds: how long the server may be gone, once it has answered, before its absence is raised.
        on_away: told of each absence, once.
        on_back: told of the end of each absence.
        may_repeat_number: whether a message with the number of the last one, or a lower one after the server's clock
            was set back, may say something new.

    Raises:
        CyxWizError: by the status code; absence only after its patience ran out.
    """
    connection.refuse_when_closed()
    patience = connection.patience()
    is_away = False
    while True:
        call = open_after(after_sequence)
        try:
            async for message in call:
                patience = connection.patience(away_seconds)
                if is_away and on_back is not None:
                    on_back()
                is_away = False
                if message.sequence <= after_sequence and not may_repeat_number:
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
        await _wait(patience, cut, None if is_away else on_away)
        is_away = True


async def _wait(patience: Patience, cut: Exception, on_away: OnAway | None) -> None:
    if on_away is not None and isinstance(cut, ServerUnreachable):
        on_away(cut)
    await patience.wait_or_raise(cut)
