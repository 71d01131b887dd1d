"""Frames between a node and the process of a user's model: four bytes of length, then JSON. No pickle anywhere.

Each side waits for one answer to one question. What comes is checked against a record of `messages`; anything else is
`ChannelBroken`.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

LARGEST_FRAME_BYTES = 64 * 2**20
_LENGTH = struct.Struct(">I")
_PIECE_BYTES = 1 << 20
_LOOK_SECONDS = 0.05
_Message = TypeVar("_Message", bound=BaseModel)


class ChannelClosed(Exception):
    """The other end is gone."""


class ChannelBroken(Exception):
    """The other end said something that is no message."""


class Channel:
    """One end; used by one thread at a time. Owns the socket."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._received = bytearray()

    def send(self, message: BaseModel, *, timeout_seconds: float = 60.0) -> None:
        """Send a message.

        Raises:
            ChannelClosed: nobody reads it.
        """
        content = message.model_dump_json().encode()
        self._socket.settimeout(timeout_seconds)
        try:
            self._socket.sendall(_LENGTH.pack(len(content)) + content)
        except OSError as error:
            raise ChannelClosed from error

    def receive(self, kind: type[_Message], *, give_up: Callable[[], None] = lambda: None) -> _Message:
        """Wait for a message.

        Args:
            kind: what it must be.
            give_up: asked some times a second while nothing comes; ends the wait by raising.

        Raises:
            ChannelClosed: the other end is gone.
            ChannelBroken: it is another message, or none.
        """
        content = self._frame(give_up)
        try:
            return kind.model_validate_json(content)
        except ValidationError as error:
            raise ChannelBroken(f"expected {kind.__name__}, got {error.error_count()} wrong fields") from error

    def wait_until_closed(self, seconds: float) -> bool:
        """Drop what comes until no process holds the other end, or the time is over; tell whether it is closed."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                if self._is_readable(left) and not self._socket.recv(_PIECE_BYTES):
                    return True
            except OSError:
                return True
        return False

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _frame(self, give_up: Callable[[], None]) -> bytes:
        self._fill(_LENGTH.size, give_up)
        (length,) = _LENGTH.unpack_from(self._received)
        if length > LARGEST_FRAME_BYTES:
            raise ChannelBroken(f"a message may have {LARGEST_FRAME_BYTES} bytes, got {length}")
        self._fill(_LENGTH.size + length, give_up)
        content = bytes(self._received[_LENGTH.size : _LENGTH.size + length])
        del self._received[: _LENGTH.size + length]
        return content

    def _fill(self, wanted: int, give_up: Callable[[], None]) -> None:
        while len(self._received) < wanted:
            give_up()
            if not self._is_readable(_LOOK_SECONDS):
                continue
            try:
                piece = self._socket.recv(_PIECE_BYTES)
            except OSError as error:
                raise ChannelClosed from error
            if not piece:
                raise ChannelClosed
            self._received += piece

    def _is_readable(self, seconds: float) -> bool:
        poll = select.poll()  # select itself refuses descriptors over 1023
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
