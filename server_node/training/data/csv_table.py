"""CSV: one example a line, numbers apart by commas; which column is the target is told in `tables`.

A first line that is not all numbers is the header. A target column of words becomes labels, the words in alphabetical
order.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from server_node.training.data.checks import LARGEST_CLASS_COUNT, RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.room import Room
from server_node.training.data.tables import is_label_column, split_columns, target_column
from shared.dataset_options import FileFormat, FileOptions
from shared.errors import BadData

Numbers = npt.NDArray[np.float32]
LEAST_BYTES_A_VALUE = 2
ROWS_A_BLOCK = 4096


def load_csv(path: Path, name: str, room: Room, options: FileOptions, _said: FileFormat | None = None) -> Dataset:
    """Read and check a CSV file; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect, naming the line.
    """
    try:
        _check_size(path, name, room)
        raw, class_names = _read_split(path, name, options)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadData(f"{name}: expected text with numbers apart by commas, got something else ({error})") from error
    except OSError as error:
        raise BadData(f"{name}: expected a readable file, got {error.strerror}") from error
    return replace(checked_dataset(name, {Split.TRAINING: raw}, room, options), class_names=class_names)


def _check_size(path: Path, name: str, room: Room) -> None:
    size = path.stat().st_size
    if size == 0:
        raise BadData(f"{name}: expected at least one line of numbers, got an empty file")
    room.check(name, size // LEAST_BYTES_A_VALUE, "the file, as full as a file of its size may be,")


@dataclass(slots=True)
class _WordTargets:
    """Targets that are words: each with its number by the order in which it came, and how many rows had one."""

    numbers: dict[str, int] = field(default_factory=dict)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the first line says, and what the lines after it must look like."""

    name: str
    header: list[str]
    width: int
    target: int | None
    words: _WordTargets = field(default_factory=_WordTargets)


def _read_split(path: Path, name: str, options: FileOptions) -> tuple[RawSplit, tuple[str, ...]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.reader(file)
        first = next(_filled_lines(lines), None)
        if first is None:
            raise BadData(f"{name}: expected at least one line of numbers, got none")
        columns = _columns(name, first, options)
        rows = _rows(lines, [] if columns.header else [first], columns)
        table = _stacked(rows)
    if table is None:
        raise BadData(f"{name}: expected at least one line of numbers after the header, got none")
    if columns.width < 2 and columns.target is not None:
        raise BadData(f"{name}: expected at least two columns, inputs and a target, got {columns.width}")
    if columns.words.rows:
        return _with_word_labels(table, columns), tuple(sorted(columns.words.numbers))
    is_label = is_label_column(columns.header, columns.target)
    return split_columns(name, table, columns.target, is_named_label=is_label), ()


def _columns(name: str, first: list[str], options: FileOptions) -> _Columns:
    width = len(first)
    is_header = not _is_numeric(first[:-1] if width > 1 and not options.target else first)
    header = first if is_header else []
    return _Columns(name, header, width, target_column(name, header, width, options))


def _filled_lines(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    return (cells for cells in lines if any(cell.strip() for cell in cells))


def _is_numeric(cells: list[str]) -> bool:
    try:
        _as_numbers(cells)
    except ValueError:
        return False
    return True


def _as_numbers(cells: list[str]) -> Numbers:
    with np.errstate(over="ignore"):  # what is too large becomes infinity, which is refused
        return np.array(cells, dtype=np.float32)


def _rows(lines: Iterator[list[str]], first: list[list[str]], columns: _Columns) -> Iterator[Numbers]:
    for cells in first:
        yield _numbers(cells, 1, columns)
    for cells in _filled_lines(lines):
        yield _numbers(cells, lines.line_num, columns)  # type: ignore[attr-defined]  # csv's reader counts lines


def _stacked(rows: Iterator[Numbers]) -> Numbers | None:
    parts: list[Numbers] = []
    block: list[Numbers] = []
    for row in rows:
        block.append(row)
        if len(block) == ROWS_A_BLOCK:
            parts.append(np.stack(block))
            block = []
    if block:
        parts.append(np.stack(block))
    return np.concatenate(parts) if parts else None


def _numbers(cells: list[str], line: int, columns: _Columns) -> Numbers:
    if len(cells) != columns.width:
        raise BadData(
            f"{columns.name}, line {line}: expected {columns.width} columns as in the first line, got {len(cells)}"
        )
    try:
        return _as_numbers(cells)
    except ValueError:
        return _with_a_word(cells, line, columns)


def _with_a_word(cells: list[str], line: int, columns: _Columns) -> Numbers:
    """Read a row whose target, and nothing else, may be a word."""
    wrong = [index for index, cell in enumerate(cells) if not _is_numeric([cell])]
    others = [index for index in wrong if index != columns.target or not cells[index].strip()]
    if others:
        raise _not_a_number(cells, others[0], line, columns)
    assert columns.target is not None, "a row without a target has only cells that must be numbers"
    word = cells[columns.target].strip()
    number = columns.words.numbers.setdefault(word, len(columns.words.numbers))
    columns.words.rows += 1
    if number >= LARGEST_CLASS_COUNT:
        raise BadData(f"{columns.name}: expected fewer than {LARGEST_CLASS_COUNT:,} different words as targets")
    return _as_numbers([str(number) if index == columns.target else cell for index, cell in enumerate(cells)])


def _not_a_number(cells: list[str], column: int, line: int, columns: _Columns) -> BadData:
    called = f"{column + 1} ({columns.header[column]})" if columns.header else str(column + 1)
    return BadData(f"{columns.name}, line {line}, column {called}: expected a number, got {cells[column][:40]!r}")


def _with_word_labels(table: Numbers, columns: _Columns) -> RawSplit:
    assert columns.target is not None, "words are only taken as targets"
    if columns.words.rows != table.shape[0]:
        raise BadData(
            f"{columns.name}: expected either words or numbers as targets, got {columns.words.rows} words in "
            f"{table.shape[0]} rows, such as {next(iter(columns.words.numbers))[:40]!r}"
        )
    rank = {word: place for place, word in enumerate(sorted(columns.words.numbers))}
    by_arrival = np.array([rank[word] for word in columns.words.numbers], np.int32)
    labels = by_arrival[table[:, columns.target].astype(np.int32)]
    return RawSplit(np.delete(table, columns.target, axis=1), labels)
