"""Carries bytes between this terminal and one on a node, until that is over or the person leaves."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cyxwiz.cli.exit_codes import ExitCode
from shared.errors import NotFound

if TYPE_CHECKING:
    from cyxwiz.aio.node_terminal import NodeTerminal
    from cyxwiz.cli.own_terminal import OwnTerminal

LEAVE_KEY = 0x1D
LEAVE_PRESSES = 3
LEAVE_SECONDS = 1.0
_WAITING_PIECES = 8
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""In raw mode Ctrl-C is a byte for the node, so these come from elsewhere."""


class Relay:
    """Used once, in an event loop."""

    def __init__(self, there: NodeTerminal, own: OwnTerminal) -> None:
        self._there = there
        self._own = own
        self._left = asyncio.Event()
        self._resized = asyncio.Event()
        self._resized.set()  # it may have been since the node was told
        self._leave_presses: deque[float] = deque(maxlen=LEAVE_PRESSES)

    async def run(self) -> int:
        """Return the program's exit code, or 130 when it was left.

        Raises:
            CyxWizError: the node cannot be reached any more, or ended the session in a way of its own.
            BrokenPipeError: nobody reads what is shown.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                showing = tasks.create_task(self._show())
                beside = [
                    tasks.create_task(self._left.wait()),
                    tasks.create_task(self._type()),
                    tasks.create_task(self._follow_size()),
                ]
                with self._signals():
                    await asyncio.wait({showing, beside[0]}, return_when=asyncio.FIRST_COMPLETED)
                for task in (showing, *beside):
                    task.cancel()
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return ExitCode.INTERRUPTED if self._left.is_set() else self._there.exit_code

    async def _show(self) -> None:
        async for piece in self._there:
            # A thread, so that keys and signals are heard while this terminal takes its time.
            await asyncio.to_thread(self._own.write, piece)

    async def _type(self) -> None:
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[bytes] = asyncio.Queue()
        room = threading.Semaphore(_WAITING_PIECES)

        def take(piece: bytes) -> bool:
            room.acquire()
            try:
                loop.call_soon_threadsafe(pieces.put_nowait, piece)
            except RuntimeError:
                return False  # the loop has ended, and with it the session
            return True

        self._own.read_to(take)
        while piece := await pieces.get():
            room.release()
            self._look_for_leaving(piece)
            await self._there.write(piece)
        await self._there.end_input()

    def _look_for_leaving(self, piece: bytes) -> None:
        """Leave at the third press within a second; any other key in between begins anew."""
        if not self._own.is_interactive:
            return
        for key in piece:
            if key != LEAVE_KEY:
                self._leave_presses.clear()
                continue
            self._leave_presses.append(asyncio.get_running_loop().time())
            first, last = self._leave_presses[0], self._leave_presses[-1]
            if len(self._leave_presses) == LEAVE_PRESSES and last - first <= LEAVE_SECONDS:
                self._left.set()

    async def _follow_size(self) -> None:
        while True:
            await self._resized.wait()
            self._resized.clear()
            rows, columns = self._own.size()
            if rows and columns:
                with suppress(NotFound):  # it ended in this moment, which its stream tells
                    await self._there.resize(rows, columns)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, self._left.set)
        loop.add_signal_handler(signal.SIGWINCH, self._resized.set)
        try:
            yield
        finally:
            for number in (*_STOP_SIGNALS, signal.SIGWINCH):
                loop.remove_signal_handler(number)
