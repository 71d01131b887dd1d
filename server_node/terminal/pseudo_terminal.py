"""The node's end of a pseudo-terminal: bytes in and out without blocking the event loop, and without a store of them.

What nobody reads stays in the kernel's small buffer, where the program that writes it has to wait.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios
from collections.abc import Awaitable, Callable

from server_node.terminal.rules import Size

PIECE_BYTES = 64 * 1024
_LOCAL_FLAGS, _CONTROL_CHARACTERS = 3, 6
"""Where they stand in what `tcgetattr` returns."""


class PseudoTerminal:
    """Made and used in one event loop; one reader and one writer at a time. Owns the descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: set[asyncio.Future[None]] = set()
        self._is_closed = False
        os.set_blocking(descriptor, False)

    def resize(self, size: Size) -> None:
        """Tell the program, by SIGWINCH, how large its terminal is now."""
        if not self._is_closed:
            set_size(self._descriptor, size)

    async def read(self) -> bytes:
        """Return what the program wrote, up to a piece; nothing when no more will come."""
        piece = bytearray()
        while not self._is_closed:
            try:
                got = os.read(self._descriptor, PIECE_BYTES - len(piece))
            except BlockingIOError:
                if piece:
                    break
                await self._ready(self._until_readable)
                continue
            except OSError:
                break  # nobody has the other end any more
            piece += got
            if not got or len(piece) == PIECE_BYTES:
                break
        return bytes(piece)

    async def write(self, data: bytes) -> None:
        """Return when the program's side has taken everything; what nobody can read any more is dropped."""
        left = memoryview(data)
        while left and not self._is_closed:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                await self._ready(self._until_writable)
            except OSError:
                return

    def end_of_input(self) -> bytes:
        """Return what a person would type to say that no more comes, as the program has set it."""
        try:
            character = termios.tcgetattr(self._descriptor)[_CONTROL_CHARACTERS][termios.VEOF]
        except (OSError, termios.error):
            return b""
        return character if isinstance(character, bytes) else b"\x04"

    def close(self) -> None:
        """Hang up; whoever waits finds the end."""
        if self._is_closed:
            return
        self._is_closed = True
        for future in self._waiting:
            _set(future)
        asyncio.get_running_loop().remove_reader(self._descriptor)
        asyncio.get_running_loop().remove_writer(self._descriptor)
        os.close(self._descriptor)

    async def _ready(self, until: Callable[[asyncio.Future[None]], Awaitable[None]]) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await until(future)
        finally:
            self._waiting.discard(future)

    async def _until_readable(self, future: asyncio.Future[None]) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._descriptor, _set, future)
        try:
            await future
        finally:
            if not self._is_closed:
                loop.remove_reader(self._descriptor)

    async def _until_writable(self, future: asyncio.Future[None]) -> None:
        loop = asyncio.get_running_loop()
        loop.add_writer(self._descriptor, _set, future)
        try:
            await future
        finally:
            if not self._is_closed:
                loop.remove_writer(self._descriptor)


def open_pair(size: Size, *, hides_input: bool) -> tuple[int, int]:
    """Return the descriptors of the node's end and of the program's, with this size and echo from the start."""
    ours, theirs = os.openpty()
    set_size(ours, size)
    if hides_input:
        settings = termios.tcgetattr(theirs)
        settings[_LOCAL_FLAGS] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, settings)
    return ours, theirs


def set_size(descriptor: int, size: Size) -> None:
    """Set how large a terminal is."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", size.rows, size.columns, 0, 0))


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
