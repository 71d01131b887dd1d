"""Tables: which column is the target, and whether its numbers are labels or real values.

The target is the column that `?target=` names (or numbers from 1, in a table without a header), else `label`, `target`
or `y`, else the last. Targets that are all whole numbers ≥ 0 are labels; a column named `label` must be. Other targets
are real values.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
import numpy.typing as npt

from server_node.training.data.checks import AnyArray, RawSplit
from server_node.training.data.room import Room, blocks
from shared.dataset_options import FileOptions
from shared.did_you_mean import did_you_mean, quoted
from shared.errors import BadData

TARGET_NAMES = ("label", "target", "y")
LABEL_NAME = "label"
LARGEST_EXACT_INTEGER = 2**24


def target_column(name: str, header: Sequence[str], width: int, options: FileOptions) -> int | None:
    """Give the position of the target; None where the inputs are the targets.

    Raises:
        BadData: when the column that is asked for is not there.
    """
    if options.reconstructs_input or not options.has_target:
        return None
    names = [cell.strip().lower() for cell in header]
    if options.target is None:
        wanted = next((known for known in TARGET_NAMES if known in names), None)
        return width - 1 if wanted is None else _only_place(name, wanted, names)
    if not names and options.target.isdecimal():
        return _numbered(name, int(options.target[:9]), width)
    if options.target.strip().lower() not in names:
        hint = did_you_mean(options.target, names) if names else ", as it has no header; say its number, from 1"
        raise BadData(f"{name}: expected a column {quoted(options.target)}, found none{hint}", field="dataset")
    return _only_place(name, options.target.strip().lower(), names)


def input_columns(header: Sequence[str], target: int | None) -> tuple[str, ...]:
    """Give the names of all columns but the target; none where there is no header."""
    return tuple(cell.strip() for place, cell in enumerate(header) if place != target)


def check_columns(name: str, columns: Sequence[str], options: FileOptions) -> None:
    """Refuse columns that are not those that a finished model was trained on, in their order; without names all fit.

    Raises:
        BadData: naming the first that differs.
    """
    wanted = options.model.columns
    if not wanted or not columns:
        return
    for place, (had, want) in enumerate(zip_longest(columns, wanted)):
        if had is None or want is None or had.lower() != want.lower():
            must_be, got = (quoted(column) if column is not None else "none" for column in (want, had))
            raise BadData(
                f"{name}: expected the {len(wanted)} columns that the model was trained on, in their order; "
                f"column {place + 1} beside the target must be {must_be}, got {got}",
                field="dataset",
            )


def _numbered(name: str, number: int, width: int) -> int:
    if not 1 <= number <= width:
        raise BadData(f"{name}: expected a column from 1 to {width} as target, got {number}", field="dataset")
    return number - 1


def _only_place(name: str, wanted: str, names: Sequence[str]) -> int:
    if names.count(wanted) > 1:
        raise BadData(f"{name}: expected one column {quoted(wanted)}, got {names.count(wanted)}", field="dataset")
    return names.index(wanted)


def is_label_column(header: Sequence[str], column: int | None) -> bool:
    """Say whether the header calls the target a label."""
    return bool(header) and column is not None and header[column].strip().lower() == LABEL_NAME


def split_columns(name: str, table: AnyArray, column: int | None, room: Room, *, is_named_label: bool) -> RawSplit:
    """Take the target out of a table `(examples, columns)`; a target in the last column leaves the table in place."""
    if column is None:
        return RawSplit(table, None)
    targets = column_targets(name, table[:, column], is_named_label=is_named_label)
    return RawSplit(without_column(name, table, column, room), targets)


def without_column(name: str, table: AnyArray, column: int, room: Room) -> AnyArray:
    """Give a table without one column, as a view where that is the last, else copied block by block."""
    width = table.shape[1] - 1
    if column == width:
        return table[:, :width]
    inputs = room.array(name, (table.shape[0], width), table.dtype)
    for part in blocks(table.shape[0], table[:1].nbytes):
        inputs[part, :column] = table[part, :column]
        inputs[part, column:] = table[part, column + 1 :]
    return inputs


def column_targets(name: str, column: AnyArray, *, is_named_label: bool) -> npt.NDArray[np.int32] | AnyArray:
    """Give labels as int32 where the column holds labels, else the column."""
    is_whole = bool(np.isfinite(column).all() and (column == np.round(column)).all())
    is_small = is_whole and bool((np.abs(column) < LARGEST_EXACT_INTEGER).all())
    if is_named_label and not is_small:
        raise BadData(f"{name}: expected whole numbers from 0 in the column label; name it target for real values")
    if is_small and (is_named_label or bool((column >= 0).all())):
        return column.astype(np.int32)
    return column.astype(np.float32)
