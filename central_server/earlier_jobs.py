"""Whether a job was here before, asked of the store for many submissions at once.

Clients choose ids so that they can submit again after a cut, so nearly every submission asks, and nearly every answer
is no. Whoever asks while a look-up is under way shares the next one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from central_server.ports import Store
from shared.errors import StoreUnavailable

MOST_AT_ONCE = 256


class EarlierJobs:
    """Look-ups of content digests by job id. All methods belong to the event loop's thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, asyncio.Future[str]] = {}
        self._turn = asyncio.Lock()

    async def content_digest(self, job_id: str) -> str:
        """Return the digest of the job with this id as the store has it; empty when there is none.

        Raises:
            StoreUnavailable: the store cannot be read.
        """
        answer = self._waiting.get(job_id) or asyncio.get_running_loop().create_future()
        self._waiting[job_id] = answer
        async with self._turn:  # in the order of asking, so whoever has it is among those who have waited longest
            if not answer.done():
                await self._look_up()
        return answer.result()

    async def _look_up(self) -> None:
        taken = {job_id: self._waiting.pop(job_id) for job_id in list(self._waiting)[:MOST_AT_ONCE]}
        try:
            found = await self._store.content_digests(list(taken))
        except StoreUnavailable as failure:
            _fail(taken, failure)
        except BaseException:
            # Only the caller who had the turn is gone; whoever has it next asks for the others.
            self._waiting = taken | self._waiting
            raise
        else:
            for job_id, answer in taken.items():
                answer.set_result(found.get(job_id, ""))


def _fail(taken: Mapping[str, asyncio.Future[str]], failure: StoreUnavailable) -> None:
    for answer in taken.values():
        answer.set_exception(failure)
        answer.exception()  # the caller may be gone; then nobody else asks for it
