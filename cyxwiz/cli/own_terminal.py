"""The terminal that a command was typed in: its size, its type, its bytes, and raw mode that is always taken back.

Where standard input or output is no terminal, bytes pass as they are.
"""

from __future__ import annotations

import os
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_INPUT, _OUTPUT = 0, 1
_PIECE_BYTES = 16 * 1024
_NO_SIZE = (0, 0)


class OwnTerminal:
    """Standard input and output."""

    def __init__(self) -> None:
        self.is_interactive = _is_terminal(_INPUT)
        self.terminal_type = os.environ.get("TERM", "") if self.is_interactive else ""

    def size(self) -> tuple[int, int]:
        """Return rows and columns; zeros where there is no terminal."""
        for descriptor in (_INPUT, _OUTPUT):
            try:
                size = os.get_terminal_size(descriptor)
            except OSError:
                continue
            if size.lines and size.columns:
                return size.lines, size.columns
        return _NO_SIZE

    @contextmanager
    def raw(self) -> Iterator[None]:
        """Let every key through as it is, for the length of the block."""
        if not self.is_interactive:
            yield
            return
        before = termios.tcgetattr(_INPUT)
        try:
            tty.setraw(_INPUT, termios.TCSADRAIN)  # what was typed already is not lost
            yield
        finally:
            termios.tcsetattr(_INPUT, termios.TCSADRAIN, before)

    def read_to(self, take: Callable[[bytes], bool]) -> None:
        """Read in a thread of its own; `take` may wait, gets nothing at the end, and says whether to go on.

        Nobody can interrupt a read of a terminal, so the thread ends with the process.
        """

        def read_all() -> None:
            goes_on = True
            while goes_on:
                try:
                    piece = os.read(_INPUT, _PIECE_BYTES)
                except OSError:
                    piece = b""
                goes_on = take(piece) and bool(piece)

        threading.Thread(target=read_all, name="keyboard", daemon=True).start()

    def write(self, data: bytes) -> None:
        """Write everything; waits while nobody reads.

        Raises:
            BrokenPipeError: nobody will.
        """
        left = memoryview(data)
        while left:
            left = left[os.write(_OUTPUT, left) :]


def _is_terminal(descriptor: int) -> bool:
    return sys.platform != "win32" and os.isatty(descriptor)
