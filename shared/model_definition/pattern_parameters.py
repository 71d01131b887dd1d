"""The parameters of a pattern: their types, ranges and defaults, and the values that a job gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from shared.did_you_mean import quoted
from shared.model_definition.refusal import refusal
from shared.strict_values import flag_from, integer_from, real_from

VALUE_KEY = "value"
"""Under this key a job's own value for a parameter stands beside `default_value`."""
_MOST_PARAMETERS = 1_000
_LONGEST_TEXT = 1_000


class PatternType(StrEnum):
    """What a parameter's value is."""

    INTEGER = "integer"
    REAL = "real"
    FLAG = "flag"
    ANY = "any"


_TYPES = {
    **dict.fromkeys(("int", "integer", "uint", "long", "int32", "int64", "size_t"), PatternType.INTEGER),
    **dict.fromkeys(("float", "double", "real", "number", "float32"), PatternType.REAL),
    **dict.fromkeys(("bool", "boolean", "flag"), PatternType.FLAG),
}


@dataclass(frozen=True, slots=True)
class PatternParameter:
    """One parameter of a pattern; `value` is checked, and None when there is neither a value nor a default."""

    name: str
    type: PatternType
    value: object


def pattern_parameters(written: object) -> tuple[PatternParameter, ...]:
    """The parameters with their values checked.

    Raises:
        InvalidField: for a value of the wrong type or out of range, naming the parameter.
    """
    if written is None:
        return ()
    if not isinstance(written, list):
        raise refusal(f"parameters of a pattern must be a list, got {quoted(written)}")
    if len(written) > _MOST_PARAMETERS:
        raise refusal(f"a pattern may have at most {_MOST_PARAMETERS} parameters, got {len(written)}")
    parameters = tuple(_parameter(value, place) for place, value in enumerate(written))
    names = [parameter.name for parameter in parameters]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise refusal(f"the pattern has two parameters named {twice[0]}; keep one")
    return parameters


def values_of(parameters: Sequence[PatternParameter]) -> dict[str, object]:
    """By name, what `$name` stands for; None where nobody says."""
    return {parameter.name: parameter.value for parameter in parameters}


def parameter_name(written: object) -> str | None:
    """The name that a parameter is written with, without a leading `$`."""
    name = written.get("name") if isinstance(written, Mapping) else None
    return name.removeprefix("$") if isinstance(name, str) and name else None


def _parameter(written: object, place: int) -> PatternParameter:
    name = parameter_name(written)
    if not isinstance(written, Mapping) or name is None:
        raise refusal(f"parameters[{place}] of the pattern must be an object with a name, got {quoted(written)}")
    type_ = _TYPES.get(str(written.get("type", "")).lower(), PatternType.ANY)
    value = next((written[key] for key in (VALUE_KEY, "default_value", "default") if _is_said(written.get(key))), None)
    _check_size(name, value)
    read = None if value is None else _read(type_, value, name)
    _check_range(name, read, written)
    return PatternParameter(name, type_, read)


def _check_size(name: str, value: object) -> None:
    """A value may stand in many places, so it is small."""
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise refusal(f"pattern parameter {name} may have at most {_LONGEST_TEXT} characters, got {len(value)}")
    if isinstance(value, list) and len(json.dumps(value)) > _LONGEST_TEXT:
        raise refusal(f"pattern parameter {name} may be a list of at most {_LONGEST_TEXT} characters, got a longer one")
    if isinstance(value, dict):
        raise refusal(f"pattern parameter {name} must be a number, a word or a list, got {quoted(value)}")


def _is_said(value: object) -> bool:
    return value is not None and value != ""


def _read(type_: PatternType, value: object, name: str) -> object:
    try:
        match type_:
            case PatternType.INTEGER:
                return integer_from(value)
            case PatternType.REAL:
                return real_from(value)
            case PatternType.FLAG:
                return flag_from(value)
            case PatternType.ANY:
                return value
            case _ as never:
                assert_never(never)
    except ValueError as error:
        raise refusal(f"pattern parameter {name} must be {error}, got {quoted(value)}") from None


def _check_range(name: str, value: object, written: Mapping[str, object]) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    least, most = (_bound(written, key, name) for key in ("min_value", "max_value"))
    if least is not None and value < least:
        raise refusal(f"pattern parameter {name} must be >= {least:g}, got {value}")
    if most is not None and value > most:
        raise refusal(f"pattern parameter {name} must be <= {most:g}, got {value}")


def _bound(written: Mapping[str, object], key: str, name: str) -> float | None:
    value = written.get(key)
    if not _is_said(value):
        return None
    try:
        return real_from(value)
    except ValueError as error:
        raise refusal(f"{key} of pattern parameter {name} must be {error}, got {quoted(value)}") from None
