"""CSV: one example a line, numbers apart by commas, the target in the column `label`, `target` or `y`, else the last.

A first line that is not all numbers is the header. Targets that are all whole numbers ≥ 0 are labels; a column named
`label` must be. Other targets are real values.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from server_node.training.data.checks import checked_dataset
from server_node.training.data.dataset import Dataset
from shared.errors import BadData

TARGET_NAMES = ("label", "target", "y")
LABEL_NAME = "label"
Table = npt.NDArray[np.float32]
LARGEST_EXACT_INTEGER = 2**24
LEAST_BYTES_A_VALUE = 2


def load_csv(path: Path, name: str, limit_bytes: int) -> Dataset:
    """Read and check a CSV file.

    Args:
        path: the file.
        name: what messages call it.
        limit_bytes: the most its numbers may take, as float32.

    Raises:
        BadData: at the first defect, naming the line.
    """
    try:
        _check_size(path, name, limit_bytes)
        header, table = _read_table(path, name)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadData(f"{name}: expected text with numbers apart by commas, got something else ({error})") from error
    except OSError as error:
        raise BadData(f"{name}: expected a readable file, got {error.strerror}") from error
    column = _target_column(header, table.shape[1])
    is_named_label = bool(header) and header[column].strip().lower() == LABEL_NAME
    inputs = np.delete(table, column, axis=1)
    return checked_dataset(name, (inputs, _targets(name, table[:, column], is_named_label)), None)


def _check_size(path: Path, name: str, limit_bytes: int) -> None:
    most_values = path.stat().st_size // LEAST_BYTES_A_VALUE
    if path.stat().st_size == 0:
        raise BadData(f"{name}: expected at least one line of numbers, got an empty file")
    if most_values * np.dtype(np.float32).itemsize > limit_bytes:
        raise BadData(f"{name}: expected at most {limit_bytes:,} bytes of numbers, the file may hold more")


def _read_table(path: Path, name: str) -> tuple[list[str], Table]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.reader(file)
        first = next(_filled_lines(lines), None)
        if first is None:
            raise BadData(f"{name}: expected at least one line of numbers, got none")
        header = [] if _is_numeric(first) else first
        width = len(first)
        rows = [] if header else [_numbers(first, name, lines.line_num, width, header)]
        rows.extend(_numbers(cells, name, lines.line_num, width, header) for cells in _filled_lines(lines))
    if not rows:
        raise BadData(f"{name}: expected at least one line of numbers after the header, got none")
    if width < 2:
        raise BadData(f"{name}: expected at least two columns, inputs and a target, got {width}")
    return header, np.stack(rows)


def _filled_lines(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    return (cells for cells in lines if any(cell.strip() for cell in cells))


def _is_numeric(cells: list[str]) -> bool:
    try:
        np.array(cells, dtype=np.float32)
    except ValueError:
        return False
    return True


def _numbers(cells: list[str], name: str, line: int, width: int, header: list[str]) -> Table:
    if len(cells) != width:
        raise BadData(f"{name}, line {line}: expected {width} columns as in the first line, got {len(cells)}")
    try:
        return np.array(cells, dtype=np.float32)
    except ValueError:
        column = next(index for index, cell in enumerate(cells) if not _is_numeric([cell]))
        called = f"{column + 1} ({header[column]})" if header else str(column + 1)
        raise BadData(f"{name}, line {line}, column {called}: expected a number, got {cells[column][:40]!r}") from None


def _target_column(header: list[str], width: int) -> int:
    names = [cell.strip().lower() for cell in header]
    return next((names.index(name) for name in TARGET_NAMES if name in names), width - 1)


def _targets(name: str, column: Table, is_named_label: bool) -> npt.NDArray[np.int32] | Table:
    is_whole = bool(np.isfinite(column).all() and (column == np.round(column)).all())
    is_small = is_whole and bool((np.abs(column) < LARGEST_EXACT_INTEGER).all())
    if is_named_label and not is_small:
        raise BadData(f"{name}: expected whole numbers from 0 in the column label; name it target for real values")
    if is_small and (is_named_label or bool((column >= 0).all())):
        return column.astype(np.int32)
    return column
