"""Hyperparameters to and from the strings in which they travel, read strictly: an unknown name is never skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import NoReturn

from pydantic import ValidationError

from shared.did_you_mean import did_you_mean, quoted
from shared.errors import InvalidField
from shared.hyperparameter_names import (
    LATER_NAMES,
    LATER_WORDS,
    WORD_ALIASES,
    Loss,
    Optimizer,
    Precision,
    ResultWeights,
    Schedule,
)
from shared.hyperparameters import Hyperparameters
from shared.pydantic_sentences import invalid_field_from
from shared.strict_values import flag_from, integer_from, real_from

_WORDS: Mapping[str, type[StrEnum]] = {
    "optimizer": Optimizer,
    "schedule": Schedule,
    "loss": Loss,
    "precision": Precision,
    "result_weights": ResultWeights,
}
_INTEGERS = frozenset(
    {
        "warmup_steps",
        "decay_steps",
        "seed",
        "metric_interval_steps",
        "gradient_accumulation",
        "early_stopping_patience",
        "warmup_epochs",
        "decay_epochs",
    }
)
_FLAGS = frozenset({"shuffle", "drop_last"})
_LONGEST_REMEMBERED = 40
_NAMES = tuple(Hyperparameters.model_fields)


def hyperparameters_from_strings(values: Mapping[str, str]) -> Hyperparameters:
    """Checked hyperparameters with defaults filled in, from names and strings.

    Raises:
        InvalidField: for an unknown name, a value that cannot be read, is out of range, or is not offered yet; `field`
            is `hyperparameters.<name>`.
    """
    read = {name: _value_of(name, text) for name, text in values.items() if not _asks_for_nothing(name, text)}
    try:
        return Hyperparameters.model_validate(read)
    except ValidationError as error:
        raise invalid_field_from(error, prefix="hyperparameters") from None


def is_known_name(name: str) -> bool:
    """Whether a hyperparameter of this name is known, offered or not."""
    return name in _NAMES or name in LATER_NAMES


def hyperparameters_from_values(values: Mapping[str, object]) -> Hyperparameters:
    """The same from a job file, whose values are numbers, words or strings of either."""
    return hyperparameters_from_strings(strings_from_values(values))


def strings_from_values(values: Mapping[str, object]) -> dict[str, str]:
    """The strings in which a job file's hyperparameters travel; null means not said and is left out."""
    return {name: _string_from(name, value) for name, value in values.items() if value is not None}


def strings_from_hyperparameters(hyperparameters: Hyperparameters) -> dict[str, str]:
    """Every hyperparameter that has a value, as strings that read back as the same."""
    values = hyperparameters.model_dump(exclude_none=True)
    return {name: _string_from(name, value) for name, value in values.items()}


def _string_from(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (int, str)):
        return str(value)
    raise _refusal(name, f"must be a number or a word, got {quoted(value)}")


def _asks_for_nothing(name: str, text: str) -> bool:
    return name in LATER_NAMES and text.strip().lower() in LATER_NAMES[name]


def _value_of(name: str, text: str) -> object:
    """Short texts are remembered: the many jobs of one search say nearly the same."""
    return _remembered(name, text) if len(text) <= _LONGEST_REMEMBERED else _read(name, text)


def _read(name: str, text: str) -> object:
    if name in LATER_NAMES:
        raise _refusal(name, f"is known but not supported yet, got {quoted(text)}; leave it out")
    if name not in _NAMES:
        _refuse_name(name)
    if name == "augment":
        return text
    if name in _WORDS:
        return _word(name, text)
    if name in _FLAGS:
        return _number(name, text, flag_from)
    return _number(name, text, integer_from if name in _INTEGERS else real_from)


_remembered = lru_cache(maxsize=2048)(_read)


def _number(name: str, text: str, read: Callable[[object], float]) -> float:
    try:
        return read(text)
    except ValueError as error:
        raise _refusal(name, f"must be {error}, got {quoted(text)}") from None


def _word(name: str, text: str) -> StrEnum:
    key = text.strip().lower().replace("_", "").replace("-", "")
    by_key = {word.value.replace("_", ""): word for word in _WORDS[name]}
    found = by_key.get(WORD_ALIASES[name].get(key, key).replace("_", ""))
    if found is not None:
        return found
    offered = ", ".join(by_key[known].value for known in by_key)
    if key in LATER_WORDS[name]:
        raise _refusal(name, f"{quoted(text)} is known but not supported yet; use one of {offered}")
    raise _refusal(name, f"must be one of {offered}, got {quoted(text)}{did_you_mean(text, _WORDS[name])}")


def _refuse_name(name: str) -> NoReturn:
    field = f"hyperparameters.{name}"[:100]
    known = (*_NAMES, *LATER_NAMES)
    hint = did_you_mean(name, known) or f"; known are {', '.join(_NAMES)}"
    raise InvalidField(f"unknown hyperparameter {quoted(name)}{hint}", field=field)


def _refusal(name: str, ending: str) -> InvalidField:
    return InvalidField(f"{name} {ending}", field=f"hyperparameters.{name}"[:100])
