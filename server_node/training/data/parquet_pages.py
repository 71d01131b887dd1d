"""The pages of a Parquet file, looked at before any is unpacked: a small file could say that it unpacks to much.

Arrow believes what stands in front of a page of how large it is unpacked, and of how many values it holds. Here only
those fronts are read (Thrift's compact form); the footer that says where they are is Arrow's to read.
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from shared.errors import BadData

LARGEST_PAGE_BYTES = 64 * 2**20
LONGEST_FRONT_BYTES = 2**16
"""Of what stands in front of a page; statistics in it hold the least and the greatest value."""
UNPACKED_SIZE, PACKED_SIZE, DATA_PAGE, DATA_PAGE_2 = 2, 3, 5, 8
VALUES = 1
BOOLS, BYTE, INTEGERS, DOUBLE, BINARY, LISTS, STRUCT = (1, 2), 3, (4, 5, 6), 7, 8, (9, 10), 12
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class _Page:
    """What stands in front of a page; a dictionary counts as no values."""

    front_bytes: int
    unpacked_bytes: int
    packed_bytes: int
    values: int


def check_pages(file: IO[bytes], metadata: Any, name: str) -> None:
    """Refuse a file with a page that is too large, or with more values than its footer says.

    Args:
        file: the whole Parquet file.
        metadata: its footer, as Arrow gives it.
        name: what messages call it.

    Raises:
        BadData: at the first such page.
    """
    for group in range(metadata.num_row_groups):
        columns = metadata.row_group(group)
        for place in range(columns.num_columns):
            column = columns.column(place)
            called = f"{name}, column {str(column.path_in_schema)[:40]!r}"
            values = sum(page.values for page in _pages(file, column, called))
            if values > column.num_values:
                raise BadData(f"{called}: expected {column.num_values:,} values as its footer says, got {values:,}")


def _pages(file: IO[bytes], column: Any, name: str) -> Iterator[_Page]:
    starts = [column.data_page_offset]
    if column.has_dictionary_page and column.dictionary_page_offset:
        starts.append(column.dictionary_page_offset)
    place = min(starts)
    end = place + column.total_compressed_size
    while place < end:
        page = _page_at(file, place, name)
        if page.unpacked_bytes > LARGEST_PAGE_BYTES:
            raise BadData(
                f"{name}: expected pages of at most {LARGEST_PAGE_BYTES:,} bytes, one says {page.unpacked_bytes:,}"
            )
        yield page
        place += page.front_bytes + page.packed_bytes


def _page_at(file: IO[bytes], place: int, name: str) -> _Page:
    try:
        file.seek(place)
        reader = _Front(file.read(LONGEST_FRONT_BYTES))
        fields = reader.struct()
        values = [fields[kind][VALUES] for kind in (DATA_PAGE, DATA_PAGE_2) if kind in fields]
        page = _Page(reader.place, fields[UNPACKED_SIZE], fields[PACKED_SIZE], sum(values))
    except (OSError, ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise BadData(f"{name}: expected a page at byte {place:,} as its footer says, found none") from error
    if min(page.unpacked_bytes, page.packed_bytes, page.values) < 0:
        raise BadData(f"{name}: expected sizes ≥ 0 in front of the page at byte {place:,}")
    return page


class _Front:
    """Reads one struct in Thrift's compact form: numbers and structs by their field's number, the rest left out."""

    def __init__(self, content: bytes) -> None:
        self.place = 0
        self._content = content

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Give the fields of the struct that begins here."""
        if depth > DEEPEST:
            raise ValueError("structs in structs without end")
        fields: dict[int, Any] = {}
        field = 0
        while head := self._byte():
            kind, step = head & 0x0F, head >> 4
            field = field + step if step else self._integer()
            value = self._value(kind, depth)
            if value is not None:
                fields[field] = value
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in INTEGERS:
            return self._integer()
        if kind == STRUCT:
            return self.struct(depth + 1)
        if kind in BOOLS:
            return None
        if kind in LISTS:
            return self._skip_list(depth)
        self._skip({BYTE: 1, DOUBLE: 8}[kind] if kind != BINARY else self._unsigned())
        return None

    def _skip_list(self, depth: int) -> None:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._unsigned()
        for _ in range(count):
            if head & 0x0F in BOOLS:
                self._skip(1)
            else:
                self._value(head & 0x0F, depth + 1)

    def _skip(self, count: int) -> None:
        self.place += count
        if self.place > len(self._content):
            raise ValueError("it ends too early")

    def _byte(self) -> int:
        self.place += 1
        return self._content[self.place - 1]

    def _unsigned(self) -> int:
        number, shift = 0, 0
        while True:
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number
            if shift > 63:
                raise ValueError("a number without an end")

    def _integer(self) -> int:
        folded = self._unsigned()
        return (folded >> 1) ^ -(folded & 1)
