"""Numbers out of a stream whose length shows only at its end, as of a packed file: part by part, never whole."""

from __future__ import annotations

import math
from typing import IO

import numpy as np
import numpy.typing as npt

from server_node.training.data.room import AnyArray, Room, blocks
from shared.errors import BadData


def array_from_stream(
    file: IO[bytes],
    shape: tuple[int, ...],
    dtype: npt.DTypeLike,
    name: str,
    room: Room,
    *,
    is_fortran: bool = False,
) -> AnyArray:
    """Fill an array with what comes next; the caller has asked the room for it.

    Raises:
        BadData: when the stream ends before the array is full.
    """
    flat = room.array(name, (math.prod(shape),), dtype)
    content = flat.view(np.uint8)
    for part in blocks(content.size, 1):
        filled = part.start + _filled(file, content[part])
        if filled < part.stop:
            raise BadData(f"{name}: expected {content.size:,} bytes after its header {shape}, got only {filled:,}")
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _filled(file: IO[bytes], part: npt.NDArray[np.uint8]) -> int:
    filled = 0
    while filled < part.size:
        got = file.read(part.size - filled)
        if not got:
            break
        part[filled : filled + len(got)] = np.frombuffer(got, np.uint8)
        filled += len(got)
    return filled
