"""Parquet: a table read by parts of its row groups, never whole; which column is the target is told in `tables`.

Columns hold numbers, or lists of equally many of them, which become as many columns. A target of words becomes labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from server_node.training.data.checks import AnyArray, RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.opened_file import name_of_opened, open_file
from server_node.training.data.optional_library import optional_library
from server_node.training.data.parquet_pages import check_pages
from server_node.training.data.room import BLOCK_BYTES, Room
from server_node.training.data.tables import (
    check_columns,
    input_columns,
    is_label_column,
    split_columns,
    target_column,
)
from server_node.training.data.word_labels import WordLabels, class_word
from shared.dataset_options import FileFormat, FileOptions
from shared.did_you_mean import in_one_line, quoted
from shared.errors import BadData

ROWS_A_BATCH = 16_384
LONGEST_THRIFT_BYTES = 64 * 2**20
LARGEST_THRIFT_COUNT = 4_000_000


def load_parquet(path: Path, name: str, room: Room, options: FileOptions, _said: FileFormat | None = None) -> Dataset:
    """Read and check a Parquet file; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect.
    """
    arrow = optional_library("pyarrow", "Parquet", name)
    parquet = optional_library("pyarrow.parquet", "Parquet", name)
    try:
        with open_file(path, name) as opened:

            def open_again(words: Sequence[str]) -> Any:
                return parquet.ParquetFile(
                    name_of_opened(opened, path),
                    memory_map=True,
                    pre_buffer=False,
                    read_dictionary=list(words),
                    thrift_string_size_limit=LONGEST_THRIFT_BYTES,
                    thrift_container_size_limit=LARGEST_THRIFT_COUNT,
                )

            with open_again(()) as file:
                table = _described(file, name, room, options)
                check_pages(opened, file.metadata, name)
            with open_again([column.name for column in table.columns if column.has_words]) as file:
                return _checked(file, table, room, options)
    except (arrow.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = in_one_line(error, 200)
        raise BadData(f"{name}: expected a whole Parquet file, got one that cannot be read ({reason})") from error


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of the file: its name, how many numbers of an example it holds, and whether those are words."""

    name: str
    width: int
    has_words: bool = False


@dataclass(frozen=True, slots=True)
class _Table:
    """What the footer says: the columns in their order, which of them is the target, and how many rows there are."""

    name: str
    columns: list[_Column]
    target: int | None
    rows: int

    @property
    def width(self) -> int:
        """Numbers of one example, the target's among them."""
        return sum(column.width for column in self.columns)

    @property
    def input_columns(self) -> tuple[str, ...]:
        """Names of the inputs' columns, once for a list of several numbers."""
        return input_columns([column.name for column in self.columns], self.target)


def _described(file: Any, name: str, room: Room, options: FileOptions) -> _Table:
    header = [str(field.name) for field in file.schema_arrow]
    if not header:
        raise BadData(f"{name}: expected columns of numbers, got none")
    if len(set(header)) != len(header):
        twice = next(column for column in header if header.count(column) > 1)
        raise BadData(f"{name}: expected each column once, got {quoted(twice)} {header.count(twice)} times")
    target = target_column(name, header, len(header), options)
    if target is not None and len(header) < 2:
        raise BadData(f"{name}: expected at least two columns, inputs and a target, got {len(header)}")
    columns = [_column(file, place, name, is_target=place == target) for place in range(len(header))]
    table = _Table(name, columns, target, int(file.metadata.num_rows))
    check_columns(name, table.input_columns, options)
    if table.rows == 0:
        raise BadData(f"{name}: expected at least one row, got none")
    if target is not None and columns[target].width != 1:
        raise BadData(f"{name}: expected one number a row in the target {quoted(columns[target].name)}, got lists")
    room.check(name, table.rows * table.width, f"its table of {table.rows:,} rows and {table.width:,} numbers each")
    return table


def _checked(file: Any, table: _Table, room: Room, options: FileOptions) -> Dataset:
    words = WordLabels(table.name, options.model.class_names)
    numbers = _filled(file, table, room, words)
    if words.rows:
        raw = RawSplit(numbers[:, :-1], words.labels(numbers[:, -1]))
    else:
        last = None if table.target is None else table.width - 1
        is_label = is_label_column([column.name for column in table.columns], table.target)
        raw = split_columns(table.name, numbers, last, room, is_named_label=is_label)
    checked = checked_dataset(table.name, {Split.TRAINING: raw}, room, options)
    return replace(checked, class_names=words.class_names if words.rows else (), columns=table.input_columns)


def _column(file: Any, place: int, name: str, *, is_target: bool) -> _Column:
    field = file.schema_arrow.field(place)
    kind, column = field.type, str(field.name)
    if is_target and _words_type(kind):
        return _Column(column, 1, has_words=True)
    value = str(kind.value_type if _is_list(kind) else kind)
    if not value.startswith(("int", "uint", "float", "double", "halffloat", "bool")):
        raise BadData(f"{name}: expected numbers in column {quoted(column)}, got type {str(kind)[:100]}")
    width = _list_length(file.metadata, place, kind) if _is_list(kind) else 1
    if width < 1:
        raise BadData(f"{name}: expected lists of one length in column {quoted(column)}, got type {str(kind)[:100]}")
    return _Column(column, width)


def _words_type(kind: Any) -> bool:
    return str(getattr(kind, "value_type", kind)) in {"string", "large_string", "string_view"} and not _is_list(kind)


def _is_list(kind: Any) -> bool:
    return "list" in str(kind).split("<", maxsplit=1)[0]


def _list_length(metadata: Any, place: int, kind: Any) -> int:
    """Give the one length that lists have; 0 when they have several, as far as the footer knows."""
    groups = [metadata.row_group(group).column(place).num_values for group in range(metadata.num_row_groups)]
    length, rest = divmod(sum(groups), max(1, metadata.num_rows))
    said = int(getattr(kind, "list_size", length))
    return 0 if rest or said != length else length


def _filled(file: Any, described: _Table, room: Room, words: WordLabels) -> AnyArray:
    name, rows = described.name, described.rows
    columns = [column for place, column in enumerate(described.columns) if place != described.target]
    if described.target is not None:
        columns.append(described.columns[described.target])
    table, filled = room.array(name, (rows, described.width), np.float32), 0
    names = [column.name for column in columns]
    at_once = max(1, min(ROWS_A_BATCH, BLOCK_BYTES // (8 * described.width)))
    for batch in file.iter_batches(batch_size=at_once, columns=names, use_threads=False):
        if filled + batch.num_rows > rows:
            raise BadData(f"{name}: expected {rows:,} rows as its footer says, got more")
        _fill(table[filled : filled + batch.num_rows], batch, columns, f"{name}, row {filled}", words)
        filled += batch.num_rows
    if filled != rows:
        raise BadData(f"{name}: expected {rows:,} rows as its footer says, got {filled:,}")
    return table


def _fill(table: AnyArray, batch: Any, columns: list[_Column], name: str, words: WordLabels) -> None:
    for start, column, values in _places(batch, columns):
        place = f"{name} and on, column {quoted(column.name)}"
        numbers = _word_numbers(values, place, words) if column.has_words else _numbers(values, column.width, place)
        table[:, start : start + column.width] = numbers


def _word_numbers(values: Any, place: str, words: WordLabels) -> AnyArray:
    """Give the words' numbers; each word is looked at once, however many rows have it."""
    if values.null_count:
        raise BadData(f"{place}: expected a word in every row of the target, got an empty one")
    used, rows, counts = np.unique(values.indices.to_numpy(), return_inverse=True, return_counts=True)
    found = [class_word(values.dictionary[int(index)].as_py(), place) for index in used]
    numbers = [words.number(word, int(count)) for word, count in zip(found, counts, strict=True)]
    return np.array(numbers, np.float32)[rows][:, None]


def _numbers(values: Any, width: int, place: str) -> AnyArray:
    if values.null_count:
        raise BadData(f"{place}: expected a number in every row, got empty ones")
    flat = values.flatten() if _is_list(values.type) else values
    if flat.null_count or len(flat) != len(values) * width or not _is_even(values, width):
        raise BadData(f"{place}: expected {width} numbers in every row")
    with np.errstate(over="ignore"):  # what is too large becomes infinity, which is refused
        numbers: AnyArray = np.asarray(flat.to_numpy(zero_copy_only=False), dtype=np.float32)
    return numbers.reshape(-1, width)


def _is_even(values: Any, width: int) -> bool:
    """Whether lists of any length have one length."""
    if not hasattr(values, "offsets"):
        return True
    return bool((np.diff(values.offsets.to_numpy()) == width).all())


def _places(batch: Any, columns: list[_Column]) -> Iterator[tuple[int, _Column, Any]]:
    start = 0
    for column in columns:
        yield start, column, batch.column(batch.schema.get_field_index(column.name))
        start += column.width
