"""Coroutines side by side: they end together, and a cancellation from outside is never lost."""

from __future__ import annotations

import asyncio

import pytest

from server_node.connection.side_by_side import until_one_ends
from shared.errors import ServerUnreachable


async def for_ever() -> None:
    await asyncio.sleep(1000)


async def fail() -> None:
    raise ServerUnreachable("cut")


async def end_in_silence() -> None:
    return


async def be_cancelled() -> None:
    raise asyncio.CancelledError


async def test_the_first_failure_ends_all() -> None:
    with pytest.raises(ServerUnreachable, match="cut"):
        await until_one_ends(for_ever(), fail())


async def test_the_first_end_ends_all() -> None:
    await until_one_ends(for_ever(), end_in_silence())


async def test_a_stream_that_cancels_its_reader_is_a_failure() -> None:
    with pytest.raises(ServerUnreachable):
        await until_one_ends(for_ever(), be_cancelled())


async def test_a_cancellation_that_meets_a_failure_still_cancels() -> None:
    cut = asyncio.Event()

    async def fail_when_cut() -> None:
        await cut.wait()
        raise ServerUnreachable("cut")

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(until_one_ends(for_ever(), fail_when_cut()))
        await asyncio.sleep(0.01)
        cut.set()
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()
