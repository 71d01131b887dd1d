"""Parquet: a table read by parts of its row groups, never whole; which column is the target is told in `tables`.

Columns hold numbers, or lists of one fixed size of them, which become as many columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from server_node.training.data.checks import AnyArray, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.optional_library import optional_library
from server_node.training.data.room import Room
from server_node.training.data.tables import is_label_column, split_columns, target_column
from shared.dataset_options import FileFormat, FileOptions
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
        with parquet.ParquetFile(
            path,
            memory_map=True,
            pre_buffer=False,
            thrift_string_size_limit=LONGEST_THRIFT_BYTES,
            thrift_container_size_limit=LARGEST_THRIFT_COUNT,
        ) as file:
            return _load(file, name, room, options)
    except (arrow.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadData(f"{name}: expected a whole Parquet file, got one that cannot be read ({reason})") from error


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of the file: its name, and how many numbers of an example it holds."""

    name: str
    width: int


def _load(file: Any, name: str, room: Room, options: FileOptions) -> Dataset:
    columns = [_column(field, name) for field in file.schema_arrow]
    if not columns:
        raise BadData(f"{name}: expected columns of numbers, got none")
    rows, width = int(file.metadata.num_rows), sum(column.width for column in columns)
    if rows == 0:
        raise BadData(f"{name}: expected at least one row, got none")
    room.check(name, rows * width, f"its table of {rows:,} rows and {width:,} numbers each")
    header = [column.name for column in columns]
    target = target_column(name, header, len(columns), options)
    if target is not None and len(columns) < 2:
        raise BadData(f"{name}: expected at least two columns, inputs and a target, got {len(columns)}")
    return _checked(file, name, columns, target, room, options)


def _checked(
    file: Any, name: str, columns: list[_Column], target: int | None, room: Room, options: FileOptions
) -> Dataset:
    ordered = [column for index, column in enumerate(columns) if index != target]
    if target is not None:
        ordered.append(columns[target])
        if columns[target].width != 1:
            raise BadData(f"{name}: expected one number a row in the target {columns[target].name}, got lists")
    table = _filled(file, name, ordered, room)
    header = [column.name for column in columns]
    last = None if target is None else table.shape[1] - 1
    raw = split_columns(name, table, last, is_named_label=is_label_column(header, target))
    return checked_dataset(name, {Split.TRAINING: raw}, room, options)


def _column(field: Any, name: str) -> _Column:
    kind = field.type
    width = int(kind.list_size) if hasattr(kind, "list_size") else 1
    value = str(kind.value_type) if hasattr(kind, "list_size") else str(kind)
    if not value.startswith(("int", "uint", "float", "double", "halffloat", "bool")) or width < 1:
        raise BadData(f"{name}: expected numbers in column {field.name!r}, got type {kind}")
    return _Column(str(field.name), width)


def _filled(file: Any, name: str, columns: list[_Column], room: Room) -> AnyArray:
    rows, width = int(file.metadata.num_rows), sum(column.width for column in columns)
    table, filled = room.array(name, (rows, width), np.float32), 0
    batches = file.iter_batches(batch_size=ROWS_A_BATCH, columns=[column.name for column in columns], use_threads=False)
    for batch in batches:
        if filled + batch.num_rows > rows:
            raise BadData(f"{name}: expected {rows:,} rows as its footer says, got more")
        _fill(table[filled : filled + batch.num_rows], batch, columns, f"{name}, row {filled}")
        filled += batch.num_rows
    if filled != rows:
        raise BadData(f"{name}: expected {rows:,} rows as its footer says, got {filled:,}")
    return table


def _fill(table: AnyArray, batch: Any, columns: list[_Column], name: str) -> None:
    for start, column, values in _places(batch, columns):
        if values.null_count:
            raise BadData(f"{name} and on, column {column.name!r}: expected a number in every row, got empty ones")
        flat = values.flatten() if column.width > 1 or hasattr(values.type, "list_size") else values
        if flat.null_count or len(flat) != len(values) * column.width:
            raise BadData(f"{name} and on, column {column.name!r}: expected {column.width} numbers in every row")
        with np.errstate(over="ignore"):  # what is too large becomes infinity, which is refused
            numbers = np.asarray(flat.to_numpy(zero_copy_only=False), dtype=np.float32)
        table[:, start : start + column.width] = numbers.reshape(-1, column.width)


def _places(batch: Any, columns: list[_Column]) -> Iterator[tuple[int, _Column, Any]]:
    start = 0
    for column in columns:
        yield start, column, batch.column(batch.schema.get_field_index(column.name))
        start += column.width
