"""The client against a real server: down, up, cut, broken, silent, and several addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from server_node.attempts.book import NodeIdentity
from server_node.attempts.events import Event, LinkClosed, LinkOpened, MessageArrived
from server_node.connection.node_client import NodeClient
from shared.backoff import Backoff
from shared.node_messages import PROTOCOL_VERSION, Goodbye, Heartbeat, Hello, Welcome
from tests.server_node.builders import a_description
from tests.server_node.connection.scripted_server import ScriptedServer

QUICK = Backoff(first_seconds=0.01, cap_seconds=0.05, floor_seconds=0.005)
IDENTITY = NodeIdentity("node-1", "node one", "process-1")
HELLO = Hello("node-1", "node one", PROTOCOL_VERSION, "process-1", a_description())


class Listener:
    """Says Hello on every link, as the core would, and keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.client: Any = None
        self.news = asyncio.Event()

    def post(self, event: Event) -> None:
        self.events.append(event)
        self.news.set()
        if isinstance(event, LinkOpened):
            self.client.send(event.link, HELLO)

    def welcomes(self) -> list[int]:
        events = [event for event in self.events if isinstance(event, MessageArrived)]
        return [event.link for event in events if isinstance(event.message, Welcome)]

    def reasons(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, LinkClosed)]

    async def until(self, holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(10):
            while not holds():
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def a_client(*addresses: str, welcome_seconds: float = 5.0) -> AsyncIterator[Listener]:
    listener = Listener()
    listener.client = NodeClient(
        addresses, post=listener.post, uniform=lambda: 0.5, backoff=QUICK, welcome_seconds=welcome_seconds
    )
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(listener.client.run())
        try:
            yield listener
        finally:
            running.cancel()


async def test_a_node_introduces_itself_and_is_welcomed() -> None:
    async with ScriptedServer() as server, a_client(server.address) as node:
        await node.until(node.welcomes)
        assert server.hellos == [HELLO]


async def test_a_server_that_is_away_is_dialled_until_it_is_there() -> None:
    server = await ScriptedServer().start()
    await server.stop()
    async with a_client(server.address) as node:
        await node.until(lambda: len(node.reasons()) >= 3)
        assert "UNAVAILABLE" in node.reasons()[0]
        async with server:
            await node.until(node.welcomes)


async def test_a_cut_link_is_replaced_by_one_with_a_new_number() -> None:
    async with ScriptedServer() as server, a_client(server.address) as node:
        await node.until(node.welcomes)
        server.hang_up()
        await node.until(lambda: len(node.welcomes()) == 2)
        first, second = node.welcomes()
        assert second > first


async def test_a_server_that_restarts_is_found_again() -> None:
    server = await ScriptedServer().start()
    async with a_client(server.address) as node:
        await node.until(node.welcomes)
        await server.stop()
        async with server:
            await node.until(lambda: len(node.welcomes()) == 2)


async def test_what_is_meant_for_an_older_link_is_not_sent_on_a_new_one() -> None:
    async with ScriptedServer() as server, a_client(server.address) as node:
        await node.until(node.welcomes)
        server.hang_up()
        await node.until(lambda: len(node.welcomes()) == 2)
        old, new = node.welcomes()
        node.client.send(old, Heartbeat(77, (), 0))
        node.client.send(new, Heartbeat(78, (), 0))
        await server.until(lambda: server.first(Heartbeat))
        assert [m.sequence for m in server.heard if isinstance(m, Heartbeat)] == [78]


async def test_a_link_that_is_given_up_is_dialled_anew() -> None:
    async with ScriptedServer() as server, a_client(server.address) as node:
        await node.until(node.welcomes)
        node.client.close_link(node.welcomes()[0], "silent")
        await node.until(lambda: len(node.welcomes()) == 2)
        assert node.reasons() == ["silent"]


async def test_a_server_that_never_welcomes_gives_way_to_the_next_address() -> None:
    async with ScriptedServer() as mute, ScriptedServer() as server:
        mute.welcomes = False
        async with a_client(mute.address, server.address, welcome_seconds=0.1) as node:
            await node.until(node.welcomes)
        assert "no welcome within 0.1 s" in node.reasons()[0]
        assert mute.heard == [HELLO]


async def test_a_goodbye_is_told_before_the_link_closes() -> None:
    async with ScriptedServer() as server, a_client(server.address) as node:
        await node.until(node.welcomes)
        server.say(Goodbye("session_replaced", "newer"))
        server.hang_up()
        await node.until(node.reasons)
        arrived = [event.message for event in node.events if isinstance(event, MessageArrived)]
        assert arrived[-1] == Goodbye("session_replaced", "newer")


async def test_a_channel_is_given_only_while_welcome() -> None:
    async with ScriptedServer() as server, a_client(server.address) as node:
        await asyncio.wait_for(node.client.channel(), 5)
        assert node.welcomes()
