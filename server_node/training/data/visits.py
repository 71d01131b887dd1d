"""One visit of some examples in one order: the same batches whether the examples lie on the device or are fed to it.

A compiled program takes a source of examples and an order of their rows. A visit cuts a stretch of batches into parts,
each with the source and the order for it. Where the whole dataset is on the device there is one part. Where it is fed,
the source is a window: the rows that the next batches need, side by side, read in a thread of their own while the
device computes on the window before. So there are two windows at any time, which is what the memory account says.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Protocol

import jax

from server_node.training.data.splits import Indices
from server_node.training.data.window_reader import WindowReader
from server_node.training.steps import Source


@dataclass(frozen=True, slots=True)
class Part:
    """Batches, one behind the other: how many, and the source and order in which programs find them."""

    source: Source
    order: jax.Array
    batches: int


class Visit(Protocol):
    """One visit; used by one thread."""

    def parts(self, first_batch: int, batches: int) -> Iterator[Part]:
        """Give batches from `first_batch` on; whoever asks for the next part has computed on the one before it."""
        ...


@dataclass(frozen=True, slots=True)
class ResidentVisit:
    """A visit of a dataset that is on the device whole."""

    source: Source
    order: jax.Array

    def parts(self, first_batch: int, batches: int) -> Iterator[Part]:  # noqa: ARG002 - the order is the whole visit's
        """Give all batches at once."""
        yield Part(self.source, self.order, batches)


class FedVisit:
    """A visit of a dataset that is on the host; holds one window and the one that comes next.

    Args:
        reader: reads windows.
        order: the rows to visit, filled up to whole batches.
        batch_size: examples of a batch; a window holds whole steps of them.
        window_order: on the device: where in its window each example of the visit stands.
        feeding: runs the reading ahead.
    """

    def __init__(
        self, reader: WindowReader, order: Indices, batch_size: int, window_order: jax.Array, feeding: Executor
    ) -> None:
        self._reader = reader
        self._order = order
        self._batches_a_window = reader.rows // batch_size
        self._windows = -(-order.size // reader.rows)
        self._window_order = window_order
        self._feeding = feeding
        self._now: tuple[int, Source] | None = None
        self._next: tuple[int, Future[Source]] | None = None

    def parts(self, first_batch: int, batches: int) -> Iterator[Part]:
        """Give batches window by window."""
        end = first_batch + batches
        while first_batch < end:
            window, offset = divmod(first_batch, self._batches_a_window)
            count = min(end - first_batch, self._batches_a_window - offset)
            yield Part(self._window(window), self._window_order, count)
            first_batch += count

    def _window(self, window: int) -> Source:
        if self._now is None or self._now[0] != window:
            self._give_up_window()
            coming = self._next[1] if self._next and self._next[0] == window else self._read(window)
            self._now = (window, coming.result())
            self._next = (window + 1, self._read(window + 1)) if window + 1 < self._windows else None
        return self._now[1]

    def _give_up_window(self) -> None:
        """Free a window before another is read, whoever still holds a `Part` of it."""
        leaves = jax.tree.leaves(self._now[1]) if self._now else ()
        self._now = None
        for leaf in leaves:
            leaf.delete()

    def _read(self, window: int) -> Future[Source]:
        return self._feeding.submit(self._reader.read, self._order, window)
