"""What every dataset from outside must satisfy, each defect told in one sentence that names the place.

The functions take arrays as they were read, mapped files among them, and give them back in the engine's types, or
raise `BadData`. They go through an array block by block, so that a mapped one never comes into memory whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset import Dataset, Inputs, NamedTarget, Targets
from server_node.training.data.normalization import normalized
from server_node.training.data.room import Room, blocks, converted, joined
from shared.dataset_options import AS_THEY_ARE, FileOptions
from shared.errors import BadData

LARGEST_CLASS_COUNT = 1_000_000
LARGEST_TOKEN_COUNT = 10_000_000
BRIGHTEST = np.float32(255)
AnyArray = npt.NDArray[Any]


class Split(StrEnum):
    """What a part of a dataset is for, in the order in which parts stand one behind the other."""

    TRAINING = "training"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class RawSplit:
    """Arrays as they were read.

    Attributes:
        inputs: `(n, …)`.
        targets: None where the inputs are the targets.
        target_name: of `targets`, where it has one.
        more_targets: other targets, by name.
        has_targets: False where nothing is a target, not even the inputs.
    """

    inputs: AnyArray
    targets: AnyArray | None
    target_name: str = ""
    more_targets: Mapping[str, AnyArray] = field(default_factory=dict)
    has_targets: bool = True


def checked_dataset(
    name: str,
    splits: Mapping[Split, RawSplit],
    room: Room,
    options: FileOptions = AS_THEY_ARE,
    *,
    are_tokens: bool = False,
) -> Dataset:
    """Check the splits of a dataset, join them and scale them as the options say.

    Args:
        name: what messages call it.
        splits: inputs `(n, …)` and targets `(n,)` or `(n, …)` of the training part and of what else it has.
        room: where converted arrays go.
        options: of its URI.
        are_tokens: whether its inputs are numbers of tokens.

    Raises:
        BadData: at the first defect.
    """
    called = {split: f"{name} ({split} part)" if len(splits) > 1 else name for split in splits}
    ordered = [split for split in Split if split in splits]
    checked = [_checked_split(called[split], splits[split], room, are_tokens=are_tokens) for split in ordered]
    _check_same_form(name, ordered, checked)
    counts = {split: part[0].shape[0] for split, part in zip(ordered, checked, strict=True)}
    inputs, scale = normalized(
        name, joined(name, [part[0] for part in checked], room), counts[Split.TRAINING], options, room
    )
    first = splits[Split.TRAINING]
    targets = joined(name, [part[1] for part in checked], room) if first.targets is not None else inputs
    has_targets = first.has_targets and options.has_target
    if not has_targets:
        targets = np.zeros((inputs.shape[0], 0), np.float32)
    more = _more_targets(name, called, [(split, splits[split]) for split in ordered], room, are_tokens=are_tokens)
    return Dataset(
        name,
        inputs,
        targets,
        counts[Split.TRAINING],
        classes=_classes(targets),
        tokens=_count(inputs) if are_tokens else None,
        validation_examples=counts.get(Split.VALIDATION, 0),
        scale=scale,
        target_name=first.target_name,
        more_targets=more,
        has_targets=has_targets,
    )


def _more_targets(
    name: str, called: Mapping[Split, str], splits: Sequence[tuple[Split, RawSplit]], room: Room, *, are_tokens: bool
) -> tuple[NamedTarget, ...]:
    found = []
    for target in splits[0][1].more_targets:
        parts = []
        for split, raw in splits:
            where = f"{called[split]}, {target}"
            if target not in raw.more_targets:
                raise BadData(f"{where}: expected this target in every part, found none")
            _check_count(where, raw.inputs, raw.more_targets[target])
            parts.append(_checked_targets(where, raw.more_targets[target], room, are_tokens=are_tokens))
        _check_same_form(name, [split for split, _ in splits], [(part, part) for part in parts])
        values = joined(name, parts, room)
        found.append(NamedTarget(target, values, _classes(values)))
    return tuple(found)


def _classes(targets: AnyArray) -> int | None:
    return _count(targets) if targets.dtype == np.int32 else None


def _count(labels: AnyArray) -> int:
    return int(labels.max()) + 1


def _checked_split(name: str, raw: RawSplit, room: Room, *, are_tokens: bool) -> tuple[Inputs, Targets]:
    inputs, targets = raw.inputs, raw.targets
    if inputs.ndim < 2:
        raise BadData(f"{name}: expected inputs of shape (examples, features…), got shape {inputs.shape}")
    if inputs.shape[0] == 0 or inputs.size == 0:
        raise BadData(f"{name}: expected at least one example, got an empty array of shape {inputs.shape}")
    checked = checked_tokens(name, inputs, room) if are_tokens else _checked_inputs(name, inputs, room)
    if targets is None:
        return checked, checked
    _check_count(name, inputs, targets)
    return checked, _checked_targets(name, targets, room, are_tokens=are_tokens)


def _check_count(name: str, inputs: AnyArray, targets: AnyArray) -> None:
    if targets.ndim == 0 or inputs.shape[0] != targets.shape[0]:
        count = targets.shape[0] if targets.ndim else 1
        raise BadData(f"{name}: expected one target for each input, got {inputs.shape[0]} inputs and {count} targets")
    if targets.size == 0:
        raise BadData(f"{name}: expected targets of at least one number, got shape {targets.shape}")


def _checked_inputs(name: str, inputs: AnyArray, room: Room) -> Inputs:
    if inputs.dtype.kind not in "fiub":
        raise BadData(f"{name}: expected numbers as inputs, got type {inputs.dtype}")
    if inputs.dtype == np.uint8 and inputs.ndim in {3, 4}:
        return _pictures(name, inputs, room)
    values = converted(name, inputs, np.float32, room)
    check_finite(name, "inputs", values)
    return values


def _pictures(name: str, pixels: AnyArray, room: Room) -> Inputs:
    values = room.array(name, pixels.shape, np.float32)
    for part in blocks(pixels.shape[0], pixels[:1].size * 4):
        np.divide(pixels[part], BRIGHTEST, out=values[part], dtype=np.float32)
    return values[..., None] if pixels.ndim == 3 else values


def _checked_targets(name: str, targets: AnyArray, room: Room, *, are_tokens: bool) -> Targets:
    if targets.ndim == 2 and targets.shape[1] == 1 and targets.dtype.kind in "iub":
        targets = targets[:, 0]
    if targets.dtype.kind in "iub" and (targets.ndim == 1 or are_tokens):
        return checked_labels(name, targets, room)
    if targets.dtype.kind not in "fiub":
        raise BadData(f"{name}: expected integer labels or real targets, got type {targets.dtype}")
    values = converted(name, targets, np.float32, room)
    check_finite(name, "targets", values)
    return values[:, None] if values.ndim == 1 else values


def checked_labels(name: str, labels: AnyArray, room: Room) -> Targets:
    """Check labels `(n,)` or `(n, length)` of any integer type: from 0, and no absurd class count."""
    return _checked_integers(name, "labels", labels, LARGEST_CLASS_COUNT, room)


def checked_tokens(name: str, tokens: AnyArray, room: Room) -> Inputs:
    """Check token numbers `(n, length)` of any integer type: from 0, and no absurd vocabulary."""
    if tokens.dtype.kind not in "iu":
        raise BadData(f"{name}: expected whole numbers as tokens, got type {tokens.dtype}")
    return _checked_integers(name, "tokens", tokens, LARGEST_TOKEN_COUNT, room)


def _checked_integers(name: str, part: str, values: AnyArray, most: int, room: Room) -> npt.NDArray[np.int32]:
    for rows in blocks(values.shape[0], values[:1].nbytes):
        block = values[rows]
        lowest, highest = int(block.min()), int(block.max())
        if lowest < 0:
            row = rows.start + int(np.argmin(block)) // block[:1].size
            raise BadData(f"{name}: expected {part} ≥ 0, got {lowest} at example {row}")
        if highest >= most:
            row = rows.start + int(np.argmax(block)) // block[:1].size
            raise BadData(f"{name}: expected {part} below {most:,}, got {highest} at example {row}")
    return converted(name, values, np.int32, room)


def check_finite(name: str, part: str, values: AnyArray) -> None:
    """Refuse NaN and infinity, naming the first example that holds one."""
    count, first = 0, None
    for rows in blocks(values.shape[0], values[:1].nbytes):
        block = values[rows]
        if np.isfinite(block).all():
            continue
        is_bad = ~np.isfinite(block.reshape(block.shape[0], -1)).all(axis=1)
        count += int(is_bad.sum())
        first = rows.start + int(np.argmax(is_bad)) if first is None else first
    if count:
        raise BadData(
            f"{name}: expected finite {part}, got NaN or infinity in {count} examples, the first is {first}; "
            "remove or fill them"
        )


def _check_same_form(name: str, ordered: Sequence[Split], checked: Sequence[tuple[Inputs, Targets]]) -> None:
    for split, other in zip(ordered[1:], checked[1:], strict=True):
        for part, index in (("inputs", 0), ("targets", 1)):
            first, second = checked[0][index], other[index]
            if first.shape[1:] != second.shape[1:] or first.dtype != second.dtype:
                raise BadData(
                    f"{name}: expected the same shape and type of {part} in {ordered[0]} and {split}, "
                    f"got {first.shape[1:]} {first.dtype} and {second.shape[1:]} {second.dtype}"
                )
