"""`synthetic://…`: learnable data made from a seed. Here are its parameters, defaults and ranges, not the making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from shared.dataset_options import TARGET_IS_INPUT
from shared.did_you_mean import did_you_mean, quoted
from shared.errors import InvalidField
from shared.strict_values import integer_from


@dataclass(frozen=True, slots=True)
class SyntheticClassification:
    """Real vectors `(features,)` with a class each."""

    samples: int = 1_000
    features: int = 20
    classes: int = 10
    seed: int = 0
    reconstructs_input: bool = False


@dataclass(frozen=True, slots=True)
class SyntheticRegression:
    """Real vectors `(features,)` with real targets `(outputs,)`."""

    samples: int = 1_000
    features: int = 20
    outputs: int = 1
    seed: int = 0
    reconstructs_input: bool = False


@dataclass(frozen=True, slots=True)
class SyntheticImages:
    """Images `(height, width, channels)` with a class each."""

    samples: int = 1_000
    height: int = 16
    width: int = 16
    channels: int = 1
    classes: int = 10
    seed: int = 0
    reconstructs_input: bool = False


@dataclass(frozen=True, slots=True)
class SyntheticSequences:
    """Real sequences `(length, features)` with a class each."""

    samples: int = 1_000
    length: int = 16
    features: int = 8
    classes: int = 4
    seed: int = 0
    reconstructs_input: bool = False


@dataclass(frozen=True, slots=True)
class SyntheticTokens:
    """Token numbers `(length,)` from 0 to `vocab` - 1, with a class each; 0 classes: next tokens."""

    samples: int = 1_000
    length: int = 32
    vocab: int = 64
    classes: int = 2
    seed: int = 0
    reconstructs_input: bool = False


@dataclass(frozen=True, slots=True)
class SyntheticPairs:
    """Two token sequences `(length,)` an example, a source and what is known of its target, and the target."""

    samples: int = 1_000
    length: int = 16
    vocab: int = 32
    seed: int = 0
    reconstructs_input: bool = False


SyntheticDataset = (
    SyntheticClassification
    | SyntheticRegression
    | SyntheticImages
    | SyntheticSequences
    | SyntheticTokens
    | SyntheticPairs
)

_KINDS: Mapping[str, type[SyntheticDataset]] = {
    "classification": SyntheticClassification,
    "regression": SyntheticRegression,
    "images": SyntheticImages,
    "sequences": SyntheticSequences,
    "tokens": SyntheticTokens,
    "pairs": SyntheticPairs,
}
_TARGET = "target"
_RANGES = {
    "samples": (1, 100_000_000),
    "features": (1, 1_000_000),
    "outputs": (1, 1_000_000),
    "classes": (2, 1_000_000),
    "height": (1, 65_536),
    "width": (1, 65_536),
    "channels": (1, 65_536),
    "length": (1, 1_000_000),
    "vocab": (2, 10_000_000),
    "seed": (0, 2**63 - 1),
}


def synthetic_dataset_from(kind: str, values: Mapping[str, str]) -> SyntheticDataset:
    """The dataset that `synthetic://<kind>?<values>` names.

    Raises:
        InvalidField: with field `dataset_uri`, for an unknown kind or parameter, or a value out of range.
    """
    if kind not in _KINDS:
        hint = did_you_mean(kind, _KINDS)
        raise _refusal(f"unknown kind synthetic://{quoted(kind)}{hint}; use one of {', '.join(_KINDS)}")
    record = _KINDS[kind]
    known = [field.name for field in fields(record) if field.name in _RANGES]
    numbers = {name: _number(kind, name, text, known) for name, text in values.items() if name != _TARGET}
    return record(**numbers, reconstructs_input=_TARGET in values and _is_reconstruction(kind, values[_TARGET]))


def _is_reconstruction(kind: str, text: str) -> bool:
    if text != TARGET_IS_INPUT:
        raise _refusal(f"target must be {TARGET_IS_INPUT}, or be left out, got {quoted(text)}")
    if kind == "pairs":
        raise _refusal("target=input does not go with synthetic://pairs, which has two inputs; leave it out")
    return True


def _number(kind: str, name: str, text: str, known: list[str]) -> int:
    if name not in known:
        raise _unknown_parameter(kind, name, known)
    least, most = _RANGES[name]
    try:
        number = integer_from(text)
    except ValueError as error:
        raise _refusal(f"{name} must be {error}, got {quoted(text)}") from None
    if name == "classes" and kind == "tokens" and number == 0:
        return 0
    if not least <= number <= most:
        raise _refusal(f"{name} must be from {least} to {most}, got {number}")
    return number


def _unknown_parameter(kind: str, name: str, known: list[str]) -> InvalidField:
    hint = did_you_mean(name, known) or f"; it takes {', '.join(known)}"
    return _refusal(f"unknown parameter {quoted(name)} of synthetic://{kind}{hint}")


def _refusal(ending: str) -> InvalidField:
    return InvalidField(f"dataset_uri: {ending}", field="dataset_uri")
