"""What every dataset from outside must satisfy, each defect told in one sentence that names the place.

The functions take raw arrays and give them back in the engine's types, or raise `BadData`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset import Dataset, Inputs, Targets
from shared.errors import BadData

LARGEST_CLASS_COUNT = 1_000_000
AnyArray = npt.NDArray[Any]


def checked_dataset(name: str, train: tuple[AnyArray, AnyArray], test: tuple[AnyArray, AnyArray] | None) -> Dataset:
    """Check the splits of a dataset and join them.

    Args:
        name: what messages call it.
        train: inputs `(n, …)` and targets `(n,)` or `(n, outputs)`.
        test: the same for its own test split, when it has one.

    Raises:
        BadData: at the first defect.
    """
    splits = [_checked_split(f"{name} (training part)" if test else name, *train)]
    if test is not None:
        splits.append(_checked_split(f"{name} (test part)", *test))
        _check_same_form(name, splits)
    inputs = np.concatenate([inputs for inputs, _ in splits]) if test else splits[0][0]
    targets = np.concatenate([targets for _, targets in splits]) if test else splits[0][1]
    classes = int(targets.max()) + 1 if targets.dtype == np.int32 else None
    return Dataset(name, inputs, targets, splits[0][0].shape[0], classes)


def _checked_split(name: str, inputs: AnyArray, targets: AnyArray) -> tuple[Inputs, Targets]:
    if inputs.ndim < 2:
        raise BadData(f"{name}: expected inputs of shape (examples, features…), got shape {inputs.shape}")
    if inputs.shape[0] == 0 or inputs.size == 0:
        raise BadData(f"{name}: expected at least one example, got an empty array of shape {inputs.shape}")
    if targets.ndim == 0 or inputs.shape[0] != targets.shape[0]:
        count = targets.shape[0] if targets.ndim else 1
        raise BadData(f"{name}: expected one target for each input, got {inputs.shape[0]} inputs and {count} targets")
    return _checked_inputs(name, inputs), _checked_targets(name, targets)


def _checked_inputs(name: str, inputs: AnyArray) -> Inputs:
    if inputs.dtype.kind not in "fiub":
        raise BadData(f"{name}: expected numbers as inputs, got type {inputs.dtype}")
    values = np.ascontiguousarray(inputs, dtype=np.float32)
    check_finite(name, "inputs", values)
    return values


def _checked_targets(name: str, targets: AnyArray) -> Targets:
    if targets.ndim == 2 and targets.shape[1] == 1 and targets.dtype.kind in "iub":
        targets = targets[:, 0]
    if targets.dtype.kind in "iub" and targets.ndim == 1:
        return checked_labels(name, targets)
    if targets.dtype.kind not in "fiu":
        raise BadData(f"{name}: expected integer labels or real targets, got type {targets.dtype}")
    values = np.ascontiguousarray(targets, dtype=np.float32)
    check_finite(name, "targets", values)
    return values[:, None] if values.ndim == 1 else values


def checked_labels(name: str, labels: AnyArray) -> Targets:
    """Check labels `(n,)` of any integer type: from 0, and no absurd class count."""
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0:
        row = int(np.argmin(labels))
        raise BadData(f"{name}: expected labels ≥ 0, got {lowest} at example {row}")
    if highest >= LARGEST_CLASS_COUNT:
        row = int(np.argmax(labels))
        raise BadData(f"{name}: expected labels below {LARGEST_CLASS_COUNT:,}, got {highest} at example {row}")
    return np.ascontiguousarray(labels, dtype=np.int32)


def check_finite(name: str, part: str, values: AnyArray) -> None:
    """Refuse NaN and infinity, naming the first example that holds one."""
    if np.isfinite(values).all():
        return
    is_bad = ~np.isfinite(values.reshape(values.shape[0], -1)).all(axis=1)
    row = int(np.argmax(is_bad))
    raise BadData(
        f"{name}: expected finite {part}, got NaN or infinity in {int(is_bad.sum())} examples, the first is {row}; "
        "remove or fill them"
    )


def _check_same_form(name: str, splits: Sequence[tuple[Inputs, Targets]]) -> None:
    (train_inputs, train_targets), (test_inputs, test_targets) = splits
    for part, train, test in (("inputs", train_inputs, test_inputs), ("targets", train_targets, test_targets)):
        if train.shape[1:] != test.shape[1:] or train.dtype != test.dtype:
            raise BadData(
                f"{name}: expected the same shape and type of {part} in training and test, "
                f"got {train.shape[1:]} {train.dtype} and {test.shape[1:]} {test.dtype}"
            )
