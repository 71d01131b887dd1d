"""Rows to predict from in a CSV file: with a header, columns are found by their names, whatever their order."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cyxwiz.tensor_wire import Array
from shared.did_you_mean import did_you_mean, quoted
from shared.errors import InvalidField

FIELD = "input"


@dataclass(frozen=True, slots=True)
class CsvRows:
    """What a file holds, unread.

    Attributes:
        name: what messages call the file.
        header: the first line's cells where one of them is no number; else empty.
        lines: the other lines with their numbers in the file, as many cells in each.
    """

    name: str
    header: tuple[str, ...]
    lines: Sequence[tuple[int, Sequence[str]]]

    def numbers(self, columns: Sequence[str]) -> Array:
        """Return the rows as float32 `(rows, columns)`.

        Args:
            columns: which and in what order, where the file has a header; none for all as they stand.

        Raises:
            InvalidField: a column is not there, or a cell is no number.
        """
        places = [self._place(column) for column in columns] if self.header else []
        places = places or list(range(len(self.lines[0][1])))
        return np.array([[self._number(line, cells, place) for place in places] for line, cells in self.lines], "f4")

    def _place(self, column: str) -> int:
        known = [cell.lower() for cell in self.header]
        if known.count(column.lower()) != 1:
            hint = did_you_mean(column, self.header)
            raise InvalidField(
                f"{self.name} must have one column {quoted(column)}, which the model takes, it has "
                f"{known.count(column.lower())}{hint}",
                field=FIELD,
            )
        return known.index(column.lower())

    def _number(self, line: int, cells: Sequence[str], place: int) -> float:
        try:
            return float(cells[place])
        except ValueError:
            called = f"{place + 1} ({quoted(self.header[place])})" if self.header else str(place + 1)
            raise InvalidField(
                f"{self.name}, line {line}, column {called} must be a number, got {quoted(cells[place])}", field=FIELD
            ) from None


def csv_rows(path: Path) -> CsvRows:
    """Read a file's lines; those that hold nothing are left out.

    Raises:
        InvalidField: there are none, or a line has more or fewer cells than the first.
        OSError: it cannot be read.
        ValueError: it is no text.
    """
    with path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text)
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(map(str.strip, cells))]
    header = tuple(lines.pop(0)[1]) if lines and not all(map(_is_number, lines[0][1])) else ()
    if not lines:
        raise InvalidField(f"{path} holds no line of numbers", field=FIELD)
    width = len(header or lines[0][1])
    for line, cells in lines:
        if len(cells) != width:
            raise InvalidField(f"{path}, line {line} must have {width} cells, got {len(cells)}", field=FIELD)
    return CsvRows(str(path), header, lines)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
