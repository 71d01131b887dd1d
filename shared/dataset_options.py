"""What may be said behind the path of a dataset of files: its format, and how that format is to be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from shared.did_you_mean import did_you_mean, quoted
from shared.errors import InvalidField
from shared.strict_values import integer_from
from shared.trained_on import UNKNOWN, TrainedOn

TARGET_IS_INPUT = "input"
"""The value of `target` that asks for reconstruction."""


class FileFormat(StrEnum):
    """How a file holds a dataset."""

    NPZ = "npz"
    NPY = "npy"
    HDF5 = "hdf5"
    CSV = "csv"
    PARQUET = "parquet"
    IDX = "idx"
    CIFAR10 = "cifar10"
    IMAGES = "images"
    TEXT = "text"
    TOKENS = "tokens"


FORMAT_ALIASES: Mapping[str, str] = {
    "mnist": "idx",
    "h5": "hdf5",
    "hdf": "hdf5",
    "txt": "text",
    "imagefolder": "images",
    "image_folder": "images",
    "cifar": "cifar10",
    "cifar-10": "cifar10",
}


NO_TARGET = "none"
"""What `target` says of data to predict for."""


class Vocabulary(StrEnum):
    """What one token of a text is: a byte, or a word (or a mark) among those that the text holds most often."""

    BYTES = "bytes"
    WORDS = "words"


class Normalization(StrEnum):
    """How inputs are scaled by the numbers of the training examples: not, to mean 0 and deviation 1, or to 0..1."""

    NONE = "none"
    STANDARD = "standard"
    MINMAX = "minmax"


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How the files of a dataset are read.

    Attributes:
        sequence: tokens in one example of `text` and `tokens`.
        vocabulary: what a token of `text` is.
        words: how many different words a vocabulary of words may hold, the one for all others included.
        target: the column or array that is the target, or several arrays apart by commas; `input` for reconstruction,
            `none` for data without one; None for the format's own.
        normalize: how inputs are scaled.
        height: of `images`, all resized to it; None when they have one size.
        width: the same.
        model: what a finished model, that the data are for, takes their numbers to mean; no URI says it.
    """

    sequence: int = 128
    vocabulary: Vocabulary = Vocabulary.BYTES
    words: int = 10_000
    target: str | None = None
    normalize: Normalization = Normalization.NONE
    height: int | None = None
    width: int | None = None
    model: TrainedOn = UNKNOWN

    @property
    def has_target(self) -> bool:
        """Whether anything is a target; otherwise only predictions can be made."""
        return self.target != NO_TARGET

    @property
    def reconstructs_input(self) -> bool:
        """Whether an example's target is the example itself."""
        return self.target == TARGET_IS_INPUT


AS_THEY_ARE = FileOptions()
"""What an URI without parameters asks for."""
_RANGES = {"sequence": (1, 1_000_000), "words": (2, 1_000_000), "height": (1, 65_536), "width": (1, 65_536)}


def file_options_from(values: Mapping[str, str]) -> FileOptions:
    """The options of a query, `format` aside.

    Raises:
        InvalidField: with field `dataset_uri`, for an unknown name or a value that is none.
    """
    return FileOptions(**{name: _read(name)(name, text) for name, text in values.items() if name != "format"})


def file_format_from(name: str) -> FileFormat:
    """The format of that name, or of one of its other names.

    Raises:
        InvalidField: when there is none.
    """
    key = FORMAT_ALIASES.get(name.lower(), name.lower())
    if key not in set(FileFormat):
        hint = did_you_mean(name, FileFormat)
        _refuse(f"unknown format {quoted(name)}{hint}; use one of {', '.join(FileFormat)}, or file:///path")
    return FileFormat(key)


def _read(name: str) -> Callable[[str, str], Any]:
    if name in _RANGES:
        return _number
    if name == "vocabulary":
        return _vocabulary
    if name == "normalize":
        return _normalization
    if name == "target":
        return _target
    raise _unknown(name)


def _unknown(name: str) -> InvalidField:
    known = ("format", "target", "normalize", "sequence", "vocabulary", "words", "height", "width")
    return _refusal(f"unknown parameter {quoted(name)}{did_you_mean(name, known)}; known are {', '.join(known)}")


def _number(name: str, text: str) -> int:
    least, most = _RANGES[name]
    try:
        number = integer_from(text)
    except ValueError as error:
        _refuse(f"{name} must be {error}, got {quoted(text)}")
    if not least <= number <= most:
        _refuse(f"{name} must be from {least} to {most}, got {number}")
    return number


def _vocabulary(_name: str, text: str) -> Vocabulary:
    return Vocabulary(_word("vocabulary", text, tuple(Vocabulary)))


def _normalization(_name: str, text: str) -> Normalization:
    return Normalization(_word("normalize", text, tuple(Normalization)))


def _word(name: str, text: str, known: tuple[str, ...]) -> str:
    if text.lower() not in known:
        _refuse(f"{name} must be one of {', '.join(known)}, got {quoted(text)}{did_you_mean(text, known)}")
    return text.lower()


def _target(_name: str, text: str) -> str:
    if not text or not text.isprintable():
        _refuse(f"target must be input, none or the name of a column or array, got {quoted(text)}")
    return text


def _refuse(ending: str) -> NoReturn:
    raise _refusal(ending)


def _refusal(ending: str) -> InvalidField:
    return InvalidField(f"dataset_uri: {ending}", field="dataset_uri")
