"""The size of a zip's list of members, looked at before the whole list is read into memory."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

from shared.errors import BadData

MOST_BYTES = 4 * 2**20
"""Some ten thousand members; each takes about ten times as much once it is read."""
END, WIDE_END, WIDE_PLACE = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
END_BYTES, WIDE_END_BYTES, WIDE_PLACE_BYTES = 22, 56, 20
LONGEST_COMMENT = 2**16
SAID_ELSEWHERE = 0xFFFFFFFF


def check_zip_directory(file: IO[bytes], name: str) -> None:
    """Refuse an archive whose list of members is large; what is no archive at all is left for others to tell.

    Raises:
        BadData: saying how large it is.
    """
    size = file.seek(0, 2)
    start = max(0, size - END_BYTES - LONGEST_COMMENT - WIDE_PLACE_BYTES - WIDE_END_BYTES)
    file.seek(start)
    tail = file.read()
    found = max((_directory_bytes(file, tail, end) for end in _ends(tail)), default=0)
    file.seek(0)
    if found > MOST_BYTES:
        raise BadData(f"{name}: expected a list of members of at most {MOST_BYTES:,} bytes, it says {found:,}")


def _ends(tail: bytes) -> Iterator[int]:
    """Give every place where the end of a list may be written, since readers differ in which one they believe."""
    end = tail.find(END)
    while 0 <= end <= len(tail) - END_BYTES:
        yield end
        end = tail.find(END, end + 1)


def _directory_bytes(file: IO[bytes], tail: bytes, end: int) -> int:
    said = int(struct.unpack_from("<I", tail, end + 12)[0])
    plain = 0 if said == SAID_ELSEWHERE else said
    place = end - WIDE_PLACE_BYTES
    if place < 0 or not tail.startswith(WIDE_PLACE, place):
        return plain
    before = tail[max(0, place - WIDE_END_BYTES) : place]
    return max(plain, _wide(before), _wide(_read_at(file, int(struct.unpack_from("<Q", tail, place + 8)[0]))))


def _read_at(file: IO[bytes], place: int) -> bytes:
    try:
        file.seek(place)
    except (OSError, OverflowError, ValueError):
        return b""
    return file.read(WIDE_END_BYTES)


def _wide(record: bytes) -> int:
    is_one = len(record) == WIDE_END_BYTES and record.startswith(WIDE_END)
    return int(struct.unpack_from("<Q", record, 40)[0]) if is_one else 0
