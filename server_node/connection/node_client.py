"""The node's way to the central server: dial, introduce, pump, and dial again for ever. It decides nothing.

Each control stream is a *link* with a number of its own, so that nothing meant for an old one is sent on a new one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import grpc.aio

from server_node.attempts.events import Event, LinkClosed, LinkOpened, MessageArrived
from server_node.connection.control_stream import ControlStream
from server_node.connection.dialing import dial
from shared.backoff import Backoff
from shared.log_lines import log_event
from shared.node_messages import NodeMessage, ServerMessage

_LOG = logging.getLogger(__name__)


class NodeClient:
    """Keeps one control stream open to one of several addresses. Everything is called in the event loop's thread.

    After a cut the same address is tried first; an address that does not welcome us gives way to the next one.

    Args:
        dial: makes a channel to an address.
        explain: makes a sentence of why a link to an address ended.
        post: where `LinkOpened`, `MessageArrived` and `LinkClosed` go.
        uniform: draws from [0, 1), for the jitter of the waits.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        post: Callable[[Event], None],
        uniform: Callable[[], float],
        dial: Callable[[str], grpc.aio.Channel] = dial,
        explain: Callable[[str, str], str] = lambda why, _address: why,
        backoff: Backoff | None = None,
        welcome_seconds: float = 10.0,
    ) -> None:
        self._addresses = tuple(addresses)
        self._post = post
        self._uniform = uniform
        self._dial = dial
        self._explain = explain
        self._backoff = backoff or Backoff()
        self._welcome_seconds = welcome_seconds
        self._link = 0
        self._stream: ControlStream | None = None
        self._channel: grpc.aio.Channel | None = None
        self._has_channel = asyncio.Event()

    async def run(self) -> None:
        """Keep a link until cancelled."""
        turn, failures = 0, 0
        while True:
            was_welcome = await self._one_link(self._addresses[turn % len(self._addresses)])
            turn, failures = (turn, 0) if was_welcome else (turn + 1, failures + 1)
            # Of several servers one that refuses may only stand by: waits grow when all of them have refused.
            rounds = failures // len(self._addresses)
            await asyncio.sleep(self._backoff.wait_seconds(max(1, rounds), self._uniform()))

    def send(self, link: int, message: NodeMessage) -> None:
        """Queue a message on that link; drop it when that link is gone."""
        if self._stream is not None and link == self._link:
            self._stream.send(message)

    def close_link(self, link: int, reason: str) -> None:
        """Give that link up; a new one is dialled."""
        if self._stream is not None and link == self._link:
            self._stream.close(reason)

    def redial(self, reason: str) -> None:
        """Give the present link up, if there is one; a new one is dialled."""
        if self._stream is not None:
            self._stream.close(reason)

    async def channel(self) -> grpc.aio.Channel:
        """Return the channel of a link that was welcomed, once there is one."""
        while self._channel is None:
            await self._has_channel.wait()
        return self._channel

    async def _one_link(self, address: str) -> bool:
        self._link += 1
        async with self._dial(address) as channel:
            stream = ControlStream(channel, on_message=lambda message: self._hear(message, channel))
            self._stream = stream
            self._post(LinkOpened(self._link))
            why = "this process ends"
            try:
                why = await stream.run(welcome_seconds=self._welcome_seconds)
            finally:
                self._lose(why)
        log_event(_LOG, "link_ended", server=address, welcomed=stream.is_welcome, why=self._explain(why, address))
        return stream.is_welcome

    def _hear(self, message: ServerMessage, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._has_channel.set()
        self._post(MessageArrived(self._link, message))

    def _lose(self, why: str) -> None:
        self._stream = None
        self._channel = None
        self._has_channel.clear()
        self._post(LinkClosed(self._link, why))
