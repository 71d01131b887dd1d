"""One prediction from the event loop's side: hands rows to a replica and waits for its answer, a deadline, or nobody.

Answers come from the computing thread, all of a batch in one call into the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import math

from server_node.serving.live_replicas import LiveReplicas
from server_node.serving.replica import Ask, Replica
from server_node.serving.served_model import Rows


class Predicting:
    """The way from callers to replicas and back; made in the event loop that waits."""

    def __init__(self, live: LiveReplicas) -> None:
        self._live = live
        self._loop = asyncio.get_running_loop()

    def find(self, deployment: str) -> Replica:
        """Return a live replica; raises `NotFound`."""
        return self._live.find(deployment)

    def replicas(self) -> tuple[Replica, ...]:
        """Return every live replica, by name."""
        return tuple(each.replica for each in self._live.every())

    def names(self) -> tuple[str, ...]:
        """Return what the live deployments are called."""
        return self._live.names()

    async def predict(self, replica: Replica, inputs: tuple[Rows, ...], seconds_left: float | None) -> tuple[Rows, ...]:
        """Return the outputs.

        Raises:
            TooManyRequests: the queue is full.
            TooLarge: the rows would never fit.
            DeadlinePassed: not all were computed in time.
            MachineFailure: the replica stops, or its device failed.
        """
        answer: asyncio.Future[tuple[Rows, ...]] = self._loop.create_future()
        ask = replica.ask(inputs, tell=answer, seconds_left=math.inf if seconds_left is None else seconds_left)
        try:
            return await answer
        except asyncio.CancelledError:
            replica.drop(ask)
            raise

    def deliver(self, finished: list[Ask]) -> None:
        """Hand answers over, from any thread."""
        if finished:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(_resolve, finished)


def _resolve(finished: list[Ask]) -> None:
    for ask in finished:
        answer = ask.tell
        if not isinstance(answer, asyncio.Future) or answer.done():
            continue
        if ask.error is not None:
            answer.set_exception(ask.error)
        else:
            answer.set_result(ask.outputs)
