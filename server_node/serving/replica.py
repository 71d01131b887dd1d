"""A model that answers: callers hand in rows from any thread, one thread computes them batch by batch.

Every request ends in exactly one way: with its outputs, with an error, or dropped because its caller went away. What is
refused is refused at once.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from server_node.serving.batcher import Batch, Batcher, BatchRules, Slice
from server_node.serving.served_model import ModelFace, Rows, ServedModel
from shared.errors import CyxWizError, DeadlinePassed, MachineFailure

LOOKS_AT_THE_STOP_SECONDS = 0.05
_MOST_LATENCIES = 4096


@dataclass(slots=True, eq=False)
class Ask:
    """One request while it is answered; `outputs` or `error` is there once it is handed over."""

    number: int
    inputs: tuple[Rows, ...]
    tell: object
    outputs: tuple[Rows, ...] = ()
    error: CyxWizError | None = None
    left: int = 0
    is_dropped: bool = False
    begun: float = 0.0


_Part = tuple[Ask, Slice]
Deliver = Callable[[list[Ask]], None]
"""Hands finished requests to whoever waits for them; called in the computing thread."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a replica has done so far, and since the last look."""

    requests: int
    rows: int
    queue_rows: int
    latency_ms: float
    rows_per_second: float


@dataclass(slots=True)
class _Counts:
    requests: int = 0
    rows: int = 0
    seen_rows: int = 0
    seen_at: float = 0.0
    latencies: list[float] = field(default_factory=list)
    latency_seconds: float = 0.0


class Replica:
    """One live model; `ask`, `drop` and `refuse` from any thread, the rest from the computing one.

    Args:
        name: what people call the deployment.
        model: what computes.
        rules: how rows are gathered.
        deliver: hands over what is finished.
    """

    def __init__(
        self,
        name: str,
        model: ServedModel,
        rules: BatchRules,
        *,
        deliver: Deliver,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._model = model
        self._deliver = deliver
        self._clock = clock
        self._batcher = Batcher(rules)
        self._changed = threading.Condition()
        self._asks: dict[int, Ask] = {}
        self._numbers = itertools.count()
        self._refuses = False
        self._is_broken = False
        self._counts = _Counts(seen_at=clock())

    @property
    def face(self) -> ModelFace:
        """What goes in and what comes out."""
        return self._model.face

    @property
    def is_ready(self) -> bool:
        """Whether it takes rows; one that stops does not."""
        return not self._refuses

    @property
    def requests(self) -> int:
        """How many requests it has answered."""
        return self._counts.requests

    @property
    def queue_rows(self) -> int:
        """How many rows wait."""
        return self._batcher.rows

    @property
    def memory_bytes(self) -> int:
        """The model's account."""
        return self._model.memory_bytes

    def ask(self, inputs: tuple[Rows, ...], *, tell: object, seconds_left: float = math.inf) -> Ask:
        """Take rows to be computed; `tell` is for whoever delivers.

        Raises:
            TooManyRequests: the queue is full.
            TooLarge: they would never fit.
            MachineFailure: it stops; another replica may answer.
        """
        rows = len(inputs[0])
        with self._changed:
            if self._refuses:
                raise MachineFailure(f"this replica of {self.name} is stopping; ask again, another one answers")
            now = self._clock()
            ask = Ask(next(self._numbers), inputs, tell, left=rows, begun=now)
            was_empty = not self._batcher.rows
            self._batcher.offer(ask.number, rows, now=now, deadline=now + seconds_left)
            self._asks[ask.number] = ask
            # The computing thread sleeps on an empty queue, or until a batch is due; only more than that wakes it.
            if was_empty or self._batcher.due_at(now) == now:
                self._changed.notify()
        return ask

    def drop(self, ask: Ask) -> None:
        """Forget a request whose caller went away: what of it still waits is never computed."""
        with self._changed:
            ask.is_dropped = True
            self._batcher.drop(ask.number)
            self._asks.pop(ask.number, None)

    def refuse(self) -> None:
        """Take no more; what was taken is still computed."""
        with self._changed:
            self._refuses = True
            self._changed.notify_all()

    # ---- in the computing thread from here on

    def work(self, seconds: float, should_stop: Callable[[], bool]) -> None:
        """Compute batches for so long, or until it should stop."""
        until = self._clock() + seconds
        while self._clock() < until and not should_stop():
            batch = self._next(until)
            if batch is not None:
                self._compute(batch)

    def drain(self, seconds: float) -> None:
        """Take no more, compute what was taken, and refuse what is left after so long."""
        self.refuse()
        until = self._clock() + seconds
        while self._batcher.rows and self._clock() < until and not self._is_broken:
            self._compute(self._taken(self._clock()))
        with self._changed:
            self._batcher.drop_all()
            left, self._asks = list(self._asks.values()), {}
        for ask in left:
            ask.error = MachineFailure(f"this replica of {self.name} has stopped; ask again, another one answers")
        self._deliver(left)

    def served(self) -> Served:
        """Tell what was done, with the rate since the last look, and the mean latency of the last that had answers."""
        with self._changed:
            counts, now = self._counts, self._clock()
            seconds = max(now - counts.seen_at, 1e-9)
            rate = (counts.rows - counts.seen_rows) / seconds
            if counts.latencies:
                # Kept while nobody asks: the central server may look later than at the report that had the answers.
                counts.latency_seconds = sum(counts.latencies) / len(counts.latencies)
            counts.seen_rows, counts.seen_at = counts.rows, now
            counts.latencies.clear()
            return Served(counts.requests, counts.rows, self._batcher.rows, counts.latency_seconds * 1000, rate)

    def _next(self, until: float) -> Batch | None:
        """Wait for the next batch, a little while at most; None when there is none yet."""
        with self._changed:
            now = self._clock()
            due = self._batcher.due_at(now)
            if due is not None and due <= now:
                return self._batcher.take(now)
            longest = min(until, now + LOOKS_AT_THE_STOP_SECONDS)
            self._changed.wait(max(0.0, min(longest, due if due is not None else longest) - now))
        return None

    def _taken(self, now: float) -> Batch:
        with self._changed:
            return self._batcher.take(now)

    def _compute(self, batch: Batch) -> None:
        finished = [ask for number in batch.expired if (ask := self._expired(number)) is not None]
        wanted = [(ask, part) for part in batch.slices if (ask := self._asks.get(part.request)) is not None]
        try:
            if wanted:
                outputs = self._model.compute(self._inputs_of(wanted))
                finished += _share_out(wanted, outputs)
        except Exception as failure:
            finished += self._failed([ask for ask, _ in wanted], failure)
            if not isinstance(failure, CyxWizError):
                self._is_broken = True
                raise
        finally:
            self._hand_over(finished)

    def _inputs_of(self, wanted: list[_Part]) -> tuple[Rows, ...]:
        if len(wanted) == 1:
            ask, part = wanted[0]
            return tuple(rows[part.first : part.first + part.rows] for rows in ask.inputs)
        return tuple(
            np.concatenate([ask.inputs[place][part.first : part.first + part.rows] for ask, part in wanted])
            for place in range(len(self.face.inputs))
        )

    def _failed(self, asks: list[Ask], failure: Exception) -> list[Ask]:
        told = failure if isinstance(failure, CyxWizError) else MachineFailure(f"{self.name} could not be computed")
        with self._changed:
            for ask in asks:
                ask.error = told
                self._batcher.drop(ask.number)
        return asks

    def _expired(self, number: int) -> Ask | None:
        ask = self._asks.get(number)
        if ask is not None:
            ask.error = DeadlinePassed("the deadline passed before all rows were computed")
        return ask

    def _hand_over(self, finished: list[Ask]) -> None:
        if not finished:
            return
        now = self._clock()
        with self._changed:
            for ask in finished:
                self._asks.pop(ask.number, None)
                if ask.error is None:
                    self._counts.requests += 1
                    self._counts.rows += len(ask.inputs[0])
                    if len(self._counts.latencies) < _MOST_LATENCIES:
                        self._counts.latencies.append(now - ask.begun)
        self._deliver([ask for ask in finished if not ask.is_dropped])


def _share_out(wanted: list[_Part], outputs: tuple[Rows, ...]) -> list[Ask]:
    """Give each request its rows; return those that are complete."""
    start = 0
    for ask, part in wanted:
        given = tuple(output[start : start + part.rows] for output in outputs)
        start += part.rows
        ask.left -= part.rows
        # Batches of one request come in order.
        ask.outputs = tuple(map(_joined, ask.outputs, given)) if ask.outputs else given
    return [ask for ask, _ in wanted if not ask.left]


def _joined(before: Rows, more: Rows) -> Rows:
    return np.concatenate([before, more])
