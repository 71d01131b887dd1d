"""Which of a dataset's named arrays are inputs and which are targets; shared by all formats whose arrays have names.

First match wins: x_train, y_train with x_val, y_val and x_test, y_test; x and y; images and labels; and their common
spellings. An array `tokens` holds token numbers. `?target=` names another target, or asks for none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from server_node.training.data.checks import AnyArray, RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.room import Room
from server_node.training.data.token_rows import token_splits
from shared.dataset_options import FileFormat, FileOptions
from shared.errors import BadData

TOKENS = "tokens"
INPUT_NAMES = ("x", "images", "inputs", "data", "features", TOKENS)
TARGET_NAMES = ("y", "labels", "targets", "target", "label")
SPLIT_WORDS = {Split.TRAINING: ("train",), Split.VALIDATION: ("val", "valid", "validation"), Split.TEST: ("test",)}


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of the arrays of one split; no target where inputs are the targets."""

    inputs: str
    targets: str | None


def dataset_of_arrays(
    name: str,
    members: Collection[str],
    read: Callable[[str], AnyArray],
    room: Room,
    options: FileOptions,
    said: FileFormat | None = None,
) -> Dataset:
    """Choose among named arrays, read those and check them.

    Args:
        name: what messages call the dataset.
        members: the names there are, in lower case.
        read: gives the array of a name.
        room: where converted arrays go.
        options: of the URI.
        said: `tokens` when the inputs are token numbers whatever their name.

    Raises:
        BadData: when the names mean nothing to us, or at the first defect of an array.
    """
    chosen = _chosen(name, members, options)
    are_tokens = said is FileFormat.TOKENS or chosen[Split.TRAINING].inputs == TOKENS
    raw = {split: _read_split(names, read) for split, names in chosen.items()}
    if are_tokens:
        raw = token_splits(name, raw, options)
    return checked_dataset(name, raw, room, options, are_tokens=are_tokens)


def _read_split(names: _Names, read: Callable[[str], AnyArray]) -> RawSplit:
    inputs = read(names.inputs)
    return RawSplit(inputs, None if names.targets is None else read(names.targets))


def _chosen(name: str, members: Collection[str], options: FileOptions) -> dict[Split, _Names]:
    for inputs in INPUT_NAMES:
        train = _pair(members, inputs, "train", options)
        if train is not None:
            found = {split: _first_pair(members, inputs, words, options) for split, words in SPLIT_WORDS.items()}
            return {split: names for split, names in found.items() if names is not None}
    for inputs in INPUT_NAMES:
        plain = _pair(members, inputs, "", options)
        if plain is not None:
            return {Split.TRAINING: plain}
    found_names = ", ".join(sorted(members)[:10]) or "none"
    wanted = f"an input beside the target {options.target}" if options.target else "arrays x and y"
    raise BadData(f"{name}: expected {wanted}, or x_train, y_train, x_test and y_test, got {found_names}")


def _first_pair(members: Collection[str], inputs: str, words: tuple[str, ...], options: FileOptions) -> _Names | None:
    pairs = (_pair(members, inputs, word, options) for word in words)
    return next((pair for pair in pairs if pair is not None), None)


def _pair(members: Collection[str], inputs: str, word: str, options: FileOptions) -> _Names | None:
    found_inputs = _member(members, inputs, word)
    if found_inputs is None:
        return None
    if options.reconstructs_input:
        return _Names(found_inputs, None)
    wanted = (options.target.lower(),) if options.target else TARGET_NAMES
    found = next((found for target in wanted if (found := _member(members, target, word)) is not None), None)
    if found is None and inputs != TOKENS:
        return None
    return _Names(found_inputs, found)


def _member(members: Collection[str], name: str, word: str) -> str | None:
    spellings = (f"{name}_{word}", f"{word}_{name}", f"{word}/{name}") if word else (name,)
    return next((spelling for spelling in spellings if spelling in members), None)
