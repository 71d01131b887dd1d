"""Coroutines that live and end together: a stream's reader and writer, for one.

Not a TaskGroup: on Python 3.11 a cancellation from outside that meets an error inside is swallowed by the group, and
whoever cancelled waits for ever (https://github.com/python/cpython/issues/116720).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from shared.errors import ServerUnreachable


async def until_one_ends(*coroutines: Coroutine[object, object, None]) -> None:
    """Run them until the first one ends; the others are cancelled and waited for.

    Raises:
        ServerUnreachable: the first one was cancelled by the stream under it.
        Exception: whatever the first one raised.
    """
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if task.cancelled():
            raise ServerUnreachable("the stream was cancelled under us")
        task.result()
