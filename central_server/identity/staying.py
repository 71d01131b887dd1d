"""Ends what goes on for long, a stream, once whoever it is for counts no more: a token is revoked, or has expired."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from shared.errors import StoreUnavailable, TooManyRequests

ASKED_EVERY_SECONDS = 2.0

StillCounts = Callable[[], Awaitable[object]]
"""Returns when they still count; raises NotAuthenticated or NotPermitted when not."""


@asynccontextmanager
async def while_let_in(still_counts: StillCounts) -> AsyncIterator[None]:
    """Run the block to its end, or cancel it and raise what `still_counts` raised.

    Raises:
        NotAuthenticated: they count no more.
        NotPermitted: they may no more.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(_ask_on(still_counts))
            yield
            asking.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def _ask_on(still_counts: StillCounts) -> None:
    while True:
        await asyncio.sleep(ASKED_EVERY_SECONDS)
        try:
            await still_counts()
        except (StoreUnavailable, TooManyRequests):
            continue  # neither says that they count no more
