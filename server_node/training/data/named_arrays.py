"""Which of a dataset's named arrays are inputs and which are targets; shared by all formats whose arrays have names.

First match wins: x_train, y_train with x_val, y_val and x_test, y_test; x and y; images and labels; and their common
spellings. An array `tokens` holds token numbers. `?target=` names another target, or asks for none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from server_node.training.data.checks import AnyArray, RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.room import Room
from server_node.training.data.token_rows import token_splits
from shared.dataset_options import FileFormat, FileOptions
from shared.did_you_mean import in_one_line
from shared.errors import BadData

TOKENS = "tokens"
INPUT_NAMES = ("x", "images", "inputs", "data", "features", TOKENS)
TARGET_NAMES = ("y", "labels", "targets", "target", "label")
SPLIT_WORDS = {Split.TRAINING: ("train",), Split.VALIDATION: ("val", "valid", "validation"), Split.TEST: ("test",)}


_PREFIXES = ("y_", "target_", "targets_", "label_", "labels_")


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of the arrays of one split.

    Attributes:
        inputs: of the inputs.
        targets: None where inputs are the targets, or nothing is.
        target_name: what the target is called, where it is not simply the target.
        more: other targets: what they are called, and their arrays.
        has_targets: whether anything is a target.
    """

    inputs: str
    targets: str | None
    target_name: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    has_targets: bool = True


Pair = Callable[[Collection[str], str, str, FileOptions], _Names | None]


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
    are_tokens = said is FileFormat.TOKENS or chosen[Split.TRAINING].inputs in {TOKENS, *_spellings(TOKENS, "train")}
    raw = {split: _read_split(names, read) for split, names in chosen.items()}
    if are_tokens:
        raw = token_splits(name, raw, options)
    return checked_dataset(name, raw, room, options, are_tokens=are_tokens)


def _read_split(names: _Names, read: Callable[[str], AnyArray]) -> RawSplit:
    inputs = read(names.inputs)
    targets = None if names.targets is None else read(names.targets)
    more = {name: read(member) for name, member in names.more.items()}
    return RawSplit(inputs, targets, names.target_name, more, names.has_targets)


def _chosen(name: str, members: Collection[str], options: FileOptions) -> dict[Split, _Names]:
    for pair in (_pair, _pair_by_name):
        for inputs in INPUT_NAMES:
            train = pair(members, inputs, "train", options)
            if train is not None:
                found = {
                    split: _first_pair(pair, members, inputs, words, options) for split, words in SPLIT_WORDS.items()
                }
                return {split: names for split, names in found.items() if names is not None}
        for inputs in INPUT_NAMES:
            plain = pair(members, inputs, "", options)
            if plain is not None:
                return {Split.TRAINING: plain}
    found_names = ", ".join(in_one_line(member) for member in sorted(members)[:10]) or "none"
    wanted = f"an input beside the target {options.target}" if options.target else "arrays x and y"
    raise BadData(f"{name}: expected {wanted}, or x_train, y_train, x_test and y_test, got {found_names}")


def _first_pair(
    pair: Pair, members: Collection[str], inputs: str, words: tuple[str, ...], options: FileOptions
) -> _Names | None:
    pairs = (pair(members, inputs, word, options) for word in words)
    return next((names for names in pairs if names is not None), None)


def _pair(members: Collection[str], inputs: str, word: str, options: FileOptions) -> _Names | None:
    """Find inputs with the target that the names of arrays, or the options, single out."""
    found_inputs = _member(members, inputs, word)
    if found_inputs is None:
        return None
    if options.reconstructs_input or not options.has_target:
        return _Names(found_inputs, None, has_targets=options.has_target)
    wanted = (options.target.lower(),) if options.target else TARGET_NAMES
    found = next((found for target in wanted if (found := _member(members, target, word)) is not None), None)
    if found is None and inputs != TOKENS:
        return None
    more = {} if options.target else _prefixed(_others(members, word))
    return _Names(found_inputs, found, more=more)


def _pair_by_name(members: Collection[str], inputs: str, word: str, options: FileOptions) -> _Names | None:
    """Find inputs with targets that are named after the outputs of a model; with none at all where nothing is left."""
    found_inputs = _member(members, inputs, word)
    if found_inputs is None:
        return None
    others = _others(members, word)
    if options.target:
        asked = [target.strip().lower() for target in options.target.split(",")]
        found = {target: _member(members, target, word) for target in asked}
        named = {target: member for target, member in found.items() if member is not None}
        if len(named) < len(found):
            return None
    else:
        prefixed = _prefixed(others)
        named = prefixed | {name: member for name, member in others.items() if member not in prefixed.values()}
    if not named:
        return _Names(found_inputs, None, has_targets=False)
    first, *rest = named
    return _Names(found_inputs, named[first], first, {name: named[name] for name in rest})


def _others(members: Collection[str], word: str) -> dict[str, str]:
    """Give the arrays of a split that are neither its inputs nor a plain target, by their names without the split's."""
    words = [word for spellings in SPLIT_WORDS.values() for word in spellings]
    found: dict[str, str] = {}
    for member in members:
        base = next((name for name in _bases(member, word)), None) if word else member
        is_of_split = not word and any(True for other in words for _ in _bases(member, other))
        if base and not is_of_split and base not in {*INPUT_NAMES, *TARGET_NAMES}:
            found[base] = member
    return found


def _bases(member: str, word: str) -> Iterator[str]:
    if member.endswith(f"_{word}"):
        yield member.removesuffix(f"_{word}")
    for start in (f"{word}_", f"{word}/"):
        if member.startswith(start):
            yield member.removeprefix(start)


def _prefixed(others: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(prefix): member
        for name, member in others.items()
        for prefix in _PREFIXES
        if name.startswith(prefix) and name != prefix
    }


def _member(members: Collection[str], name: str, word: str) -> str | None:
    return next((spelling for spelling in _spellings(name, word) if spelling in members), None)


def _spellings(name: str, word: str) -> tuple[str, ...]:
    return (f"{name}_{word}", f"{word}_{name}", f"{word}/{name}") if word else (name,)
