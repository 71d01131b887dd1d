"""CSV: one example a row; which column is the target is told in `tables`, what is a row in `csv_rows`.

The first row is the header when it holds anything but numbers; its last cell alone decides nothing unless the row
below ends with a number, since a target may be a word. A target column of words becomes labels. Numbers are written
with a decimal point, in plain digits.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from server_node.training.data.checks import RawSplit, Split, checked_dataset
from server_node.training.data.csv_rows import Row, csv_rows
from server_node.training.data.dataset import Dataset
from server_node.training.data.opened_file import open_file
from server_node.training.data.room import Room
from server_node.training.data.table_spool import TableSpool
from server_node.training.data.tables import (
    check_columns,
    input_columns,
    is_label_column,
    split_columns,
    target_column,
    without_column,
)
from server_node.training.data.word_labels import WordLabels
from shared.dataset_options import FileFormat, FileOptions
from shared.did_you_mean import in_one_line
from shared.errors import BadData

Numbers = npt.NDArray[np.float32]
LEAST_BYTES_A_VALUE = 2
VALUES_A_BLOCK = 2**18


def load_csv(path: Path, name: str, room: Room, options: FileOptions, _said: FileFormat | None = None) -> Dataset:
    """Read and check a CSV file; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect, naming the line.
    """
    try:
        with TextIOWrapper(open_file(path, name), encoding="utf-8-sig", newline="") as text:
            _check_size(text, name, room)
            read = _read_split(text, name, room, options)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadData(
            f"{name}: expected UTF-8 text with numbers in columns, got something else ({in_one_line(error, 200)})"
        ) from error
    except OSError as error:
        raise BadData(f"{name}: expected a readable file, got {error.strerror}") from error
    checked = checked_dataset(name, {Split.TRAINING: read.raw}, room, options)
    return replace(checked, class_names=read.class_names, columns=read.columns)


def _check_size(text: TextIOWrapper, name: str, room: Room) -> None:
    size = os.fstat(text.fileno()).st_size
    if size == 0:
        raise BadData(f"{name}: expected at least one line of numbers, got an empty file")
    room.check(name, size // LEAST_BYTES_A_VALUE, "the file, as full as a file of its size may be,")


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the first line says, and what the lines after it must look like."""

    name: str
    header: list[str]
    width: int
    target: int | None
    words: WordLabels


@dataclass(frozen=True, slots=True)
class _Read:
    """The examples, with the words of their labels and the names of their columns, where they have such."""

    raw: RawSplit
    class_names: tuple[str, ...]
    columns: tuple[str, ...]


def _read_split(text: TextIOWrapper, name: str, room: Room, options: FileOptions) -> _Read:
    rows = csv_rows(text, name)
    beginning = list(islice(rows, 2))
    if not beginning:
        raise BadData(f"{name}: expected at least one line of numbers, got none")
    columns = _columns(name, [cells for _, cells in beginning], options)
    table = _table(chain(beginning[1 if columns.header else 0 :], rows), columns, room)
    if columns.width < 2 and columns.target is not None:
        raise BadData(f"{name}: expected at least two columns, inputs and a target, got {columns.width}")
    names = input_columns(columns.header, columns.target)
    if columns.words.rows:
        return _Read(_with_word_labels(table, columns, room), columns.words.class_names, names)
    is_label = is_label_column(columns.header, columns.target)
    return _Read(split_columns(name, table, columns.target, room, is_named_label=is_label), (), names)


def _columns(name: str, beginning: Sequence[list[str]], options: FileOptions) -> _Columns:
    first = beginning[0]
    width = len(first)
    has_word_last = width > 1 and not options.target and not _ends_header(beginning)
    is_header = not _is_numeric(first[:-1] if has_word_last else first)
    if options.target and options.target.isdecimal():
        place = int(options.target[:9]) - 1
        is_header = not _is_numeric([cell for index, cell in enumerate(first) if index != place])
    header = first if is_header else []
    target = target_column(name, header, width, options)
    check_columns(name, input_columns(header, target), options)
    return _Columns(name, header, width, target, WordLabels(name, options.model.class_names))


def _ends_header(beginning: Sequence[list[str]]) -> bool:
    """Whether the last cell of the first row is a word and that of the second a number."""
    return len(beginning) > 1 and not _is_numeric(beginning[0][-1:]) and _is_numeric(beginning[1][-1:])


def _is_numeric(cells: list[str]) -> bool:
    try:
        _as_numbers([cells])
    except ValueError:
        return False
    return True


def _as_numbers(rows: list[list[str]]) -> Numbers:
    for cells in rows:
        text = "".join(cells)
        if not text.isascii() or "_" in text:
            raise ValueError("digits of other scripts and marks between digits are none of ours")
    with np.errstate(over="ignore"):  # what is too large becomes infinity, which is refused
        return np.array(rows, dtype=np.float32)


def _table(rows: Iterator[Row], columns: _Columns, room: Room) -> Numbers:
    spool = TableSpool(columns.name, columns.width, room)
    rows_a_block = max(1, VALUES_A_BLOCK // columns.width)
    while block := list(islice(rows, rows_a_block)):
        spool.add(_block(block, columns))
    table = spool.table()
    if not table.shape[0]:
        raise BadData(f"{columns.name}: expected at least one line of numbers after the header, got none")
    return table


def _block(rows: list[Row], columns: _Columns) -> Numbers:
    for line, cells in rows:
        if len(cells) != columns.width:
            raise BadData(
                f"{columns.name}, line {line}: expected {columns.width} columns as in the first line, got {len(cells)}"
            )
    try:
        return _as_numbers([cells for _, cells in rows])
    except ValueError:
        return np.concatenate([_as_numbers([_with_numbers(cells, line, columns)]) for line, cells in rows])


def _with_numbers(cells: list[str], line: int, columns: _Columns) -> list[str]:
    """Give a row in which the target, and nothing else, may have been a word, with that word's number."""
    if _is_numeric(cells):
        return cells
    wrong = [index for index, cell in enumerate(cells) if not _is_numeric([cell])]
    others = [index for index in wrong if index != columns.target or not cells[index].strip()]
    if others:
        raise _not_a_number(cells, others[0], line, columns)
    assert columns.target is not None, "a row without a target has only cells that must be numbers"
    number = columns.words.number(cells[columns.target].strip())
    return [str(number) if index == columns.target else cell for index, cell in enumerate(cells)]


def _not_a_number(cells: list[str], column: int, line: int, columns: _Columns) -> BadData:
    called = f"{column + 1} ({in_one_line(columns.header[column], 40)})" if columns.header else str(column + 1)
    return BadData(f"{columns.name}, line {line}, column {called}: expected a number, got {cells[column][:40]!r}")


def _with_word_labels(table: Numbers, columns: _Columns, room: Room) -> RawSplit:
    assert columns.target is not None, "words are only taken as targets"
    if columns.words.rows != table.shape[0]:
        raise BadData(
            f"{columns.name}: expected either words or numbers as targets, got {columns.words.rows} words in "
            f"{table.shape[0]} rows, such as {next(iter(columns.words.numbers))[:40]!r}"
        )
    labels = columns.words.labels(table[:, columns.target])
    return RawSplit(without_column(columns.name, table, columns.target, room), labels)
