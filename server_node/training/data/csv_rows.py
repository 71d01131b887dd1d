"""The rows of a CSV text, each a list of cells, whatever stands between cells; says nothing of what cells mean.

Cells are apart by the mark among comma, semicolon and tab that the first line holds most often. A row is read only as
far as `LONGEST_ROW`, so that a text without line ends does not come into memory whole.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import TextIOBase
from itertools import chain

from shared.errors import BadData

SEPARATORS = ",;\t"
LONGEST_ROW = 4 * 2**20
_QUOTED = re.compile(r'"[^"]*"')
Row = tuple[int, list[str]]
"""The number of the line that it ends in, and its cells."""


def csv_rows(text: TextIOBase, name: str) -> Iterator[Row]:
    """Give the rows that hold anything.

    Args:
        text: opened with `newline=""`.
        name: what messages call it.

    Raises:
        BadData: for a row that is too long.
        csv.Error: for one that is none.
    """
    lines = _BoundedLines(text, name)
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        return
    for cells in csv.reader(chain([first], lines), delimiter=_separator(first)):
        if any(cell.strip() for cell in cells):
            yield lines.number, cells
        lines.row_ended()


def _separator(line: str) -> str:
    plain = _QUOTED.sub("", line)
    return max(SEPARATORS, key=plain.count)


class _BoundedLines:
    """Lines of a text, counted; a row may have several, where a quoted cell has line ends."""

    def __init__(self, text: TextIOBase, name: str) -> None:
        self.number = 0
        self._text = text
        self._name = name
        self._taken = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._taken += len(line)
        if self._taken > LONGEST_ROW:
            raise BadData(
                f"{self._name}, line {self.number}: expected rows of at most {LONGEST_ROW:,} characters, got more"
            )
        return line

    def row_ended(self) -> None:
        """Count the next row's characters from here on."""
        self._taken = 0
