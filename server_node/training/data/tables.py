"""Tables: which column is the target, and whether its numbers are labels or real values.

The target is the column that `?target=` names, else `label`, `target` or `y`, else the last. Targets that are all
whole numbers ≥ 0 are labels; a column named `label` must be. Other targets are real values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from server_node.training.data.checks import AnyArray, RawSplit
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
    if options.target is not None:
        if options.target.lower() not in names:
            hint = did_you_mean(options.target, names)
            raise BadData(f"{name}: expected a column {quoted(options.target)}, found none{hint}", field="dataset")
        return names.index(options.target.lower())
    return next((names.index(known) for known in TARGET_NAMES if known in names), width - 1)


def is_label_column(header: Sequence[str], column: int | None) -> bool:
    """Say whether the header calls the target a label."""
    return bool(header) and column is not None and header[column].strip().lower() == LABEL_NAME


def split_columns(name: str, table: AnyArray, column: int | None, *, is_named_label: bool) -> RawSplit:
    """Take the target out of a table `(examples, columns)`; a target in the last column leaves the table in place."""
    if column is None:
        return RawSplit(table, None)
    is_last = column == table.shape[1] - 1
    inputs = table[:, :column] if is_last else np.delete(table, column, axis=1)
    return RawSplit(inputs, column_targets(name, table[:, column], is_named_label=is_named_label))


def column_targets(name: str, column: AnyArray, *, is_named_label: bool) -> npt.NDArray[np.int32] | AnyArray:
    """Give labels as int32 where the column holds labels, else the column."""
    is_whole = bool(np.isfinite(column).all() and (column == np.round(column)).all())
    is_small = is_whole and bool((np.abs(column) < LARGEST_EXACT_INTEGER).all())
    if is_named_label and not is_small:
        raise BadData(f"{name}: expected whole numbers from 0 in the column label; name it target for real values")
    if is_small and (is_named_label or bool((column >= 0).all())):
        return column.astype(np.int32)
    return column.astype(np.float32)
