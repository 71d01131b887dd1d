"""The chunks of an HDF5 array, looked at before any is unpacked: the library unpacks a chunk to whatever it holds.

Where a chunk could hold more than its array says, it is unpacked here first, and no further than that.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

from shared.errors import BadData

LARGEST_CHUNK_BYTES = 256 * 2**20
"""A chunk is unpacked whole when a row of it is read, so a small file could ask for much."""
HARMLESS_BYTES = 16 * 2**20
MOST_A_BYTE_GIVES = 1_032
"""Of the packing of gzip: what one byte of it can unpack to at most."""
GZIP, SHUFFLE, CHECKSUM, LZF = 1, 2, 3, 32_000
PACKINGS = frozenset({GZIP, LZF})
KNOWN_FILTERS = PACKINGS | {SHUFFLE, CHECKSUM}
CHECKSUM_BYTES = 4


def check_chunks(array: Any, name: str) -> None:
    """Refuse an array with chunks that are too large, packed in ways we do not know, or larger than they say.

    Raises:
        BadData: at the first of them.
    """
    if array.chunks is None:
        return
    chunk_bytes = math.prod(array.chunks) * array.dtype.itemsize
    if chunk_bytes > LARGEST_CHUNK_BYTES:
        raise BadData(f"{name}: expected chunks of at most {LARGEST_CHUNK_BYTES:,} bytes, got {chunk_bytes:,}")
    filters = _filters(array, name)
    if not filters:
        return
    swelling = _suspicious(array, name, chunk_bytes)
    for offset in swelling if GZIP in filters else ():
        _, packed = array.id.read_direct_chunk(offset)
        unpacked = len(zlib.decompressobj().decompress(packed, chunk_bytes + CHECKSUM_BYTES + 1))
        if unpacked > chunk_bytes + CHECKSUM_BYTES:
            raise BadData(f"{name}: expected chunks of {chunk_bytes:,} bytes, got one that unpacks to more")


def _filters(array: Any, name: str) -> list[int]:
    settings = array.id.get_create_plist()
    filters = [int(settings.get_filter(place)[0]) for place in range(settings.get_nfilters())]
    unknown = [number for number in filters if number not in KNOWN_FILTERS]
    if unknown or sum(number in PACKINGS for number in filters) > 1:
        raise BadData(
            f"{name}: expected chunks packed by gzip or lzf, once, got the filters {filters}; save it with one of these"
        )
    return filters


def _suspicious(array: Any, name: str, chunk_bytes: int) -> list[tuple[int, ...]]:
    """Give the places of the chunks that could unpack to much; those that are larger packed are refused."""
    found: list[tuple[int, ...]] = []
    largest = 2 * chunk_bytes + HARMLESS_BYTES // MOST_A_BYTE_GIVES

    def look(chunk: Any) -> None:
        if chunk.size > largest:
            raise BadData(f"{name}: expected chunks of {chunk_bytes:,} bytes, got one of {chunk.size:,} bytes packed")
        if chunk.size * MOST_A_BYTE_GIVES > HARMLESS_BYTES:
            found.append(tuple(int(place) for place in chunk.chunk_offset))

    array.id.chunk_iter(look)
    return found
