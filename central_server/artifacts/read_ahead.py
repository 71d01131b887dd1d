"""Reads from far away in large blocks and keeps the last ones, so that a download piece by piece makes few requests."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

BLOCK_BYTES = 8 * 2**20
_BLOCKS = 8

ReadRange = Callable[[str, int, int], Awaitable[bytes]]
"""From a name, where to begin and where to end, to the bytes."""


class ReadAhead:
    """The last few blocks that were read, of whichever artifacts; what they hold never changes."""

    def __init__(self, read_range: ReadRange) -> None:
        self._read_range = read_range
        self._blocks: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    async def read(self, name: str, offset: int, length: int, size_bytes: int) -> bytes:
        """Return the bytes from `offset` on, at most `length` and none beyond `size_bytes`."""
        end = min(offset + length, size_bytes)
        pieces = []
        while offset < end:
            start = offset - offset % BLOCK_BYTES
            block = await self._block(name, start, min(start + BLOCK_BYTES, size_bytes))
            pieces.append(block[offset - start : end - start])
            offset = start + BLOCK_BYTES
        return b"".join(pieces)

    async def _block(self, name: str, start: int, end: int) -> bytes:
        key = (name, start)
        if key not in self._blocks:
            self._blocks[key] = await self._read_range(name, start, end)
            if len(self._blocks) > _BLOCKS:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(key)
        return self._blocks[key]
