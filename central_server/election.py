"""Which of several servers on one database decides: stands for it, keeps it, and refuses what only the decider answers.

With a database of its own a server is elected at once and for good.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from central_server.structured_logging import log_event
from shared.errors import NotTheDecider, StoreUnavailable

LOOK_SECONDS = 0.5
"""How often a server that stands by looks whether it may decide."""
RENEW_SECONDS = 1.5

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")


class Lease(Protocol):
    """The part of `storage.decider_lock.DeciderLock` that an election needs; its methods block."""

    @property
    def is_held(self) -> bool:
        """Whether it is ours for certain at this moment."""
        ...

    @property
    def holder(self) -> str:
        """Where the one that has it is reached."""
        ...

    def take(self, address: str) -> bool:
        """Take it unless somebody has it."""
        ...

    def renew(self) -> None:
        """Keep it."""
        ...


class Election:
    """Belongs to the event loop; asks the database in a thread of its own, which nothing else may keep busy."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="election")
        self._is_in_office = False

    @property
    def decider(self) -> str:
        """Where another server that decides is reached; empty when this one does."""
        return "" if self._is_in_office else self._lease.holder or "nobody yet"

    async def stand(self, address: str) -> bool:
        """Try once to become the one that decides, reached at `address`."""
        try:
            return await self._ask(lambda: self._lease.take(address))
        except StoreUnavailable as failure:
            log_event(_logger, "election_not_held", is_warning=True, cause=str(failure))
            return False

    async def win(self, address: str) -> None:
        """Stand again and again, until it is won."""
        while not await self.stand(address):  # noqa: ASYNC110 - the database tells nobody that a lease has run out
            await asyncio.sleep(LOOK_SECONDS)

    def take_office(self) -> None:
        """Answer as the decider from now on; its state is loaded."""
        self._is_in_office = True

    async def keep(self) -> None:
        """Renew the lease until cancelled.

        Raises:
            NotTheDecider: another server has taken over.
        """
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._ask(self._lease.renew)
            except NotTheDecider:
                raise
            except StoreUnavailable as failure:
                log_event(_logger, "lease_not_renewed", is_warning=True, cause=str(failure))

    def check_office(self) -> None:
        """Refuse to speak as the decider when another may have taken over meanwhile.

        Raises:
            StoreUnavailable: our lease has run out; it may still be renewed.
        """
        if not self._lease.is_held:
            raise StoreUnavailable("the right to decide has run out and was not renewed in time; try again shortly")

    def refuse_elsewhere(self) -> None:
        """Refuse what only the decider answers.

        Raises:
            NotTheDecider: this server stands by.
        """
        if not self._is_in_office:
            raise NotTheDecider(
                f"this central server stands by and only answers what is read; the one that decides is at "
                f"{self.decider}: ask that one, or give both addresses, separated by a comma"
            )

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    async def _ask(self, question: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)
