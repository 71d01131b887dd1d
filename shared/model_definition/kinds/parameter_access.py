"""Checked parameters under their own types, for rules that compute with them. A wrong type here is a bug of ours."""

from __future__ import annotations

from shared.errors import OurBug
from shared.model_definition.kinds.layer_kind import Parameters


def integer(parameters: Parameters, name: str) -> int:
    """A whole number parameter."""
    value = parameters[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise OurBug(f"parameter {name} is {value!r}, not a whole number")
    return value


def flag(parameters: Parameters, name: str) -> bool:
    """A true or false parameter."""
    value = parameters[name]
    if not isinstance(value, bool):
        raise OurBug(f"parameter {name} is {value!r}, not a flag")
    return value


def word(parameters: Parameters, name: str) -> str:
    """A choice."""
    value = parameters[name]
    if not isinstance(value, str):
        raise OurBug(f"parameter {name} is {value!r}, not a word")
    return value


def pair(parameters: Parameters, name: str) -> tuple[int, int]:
    """A `(height, width)` parameter."""
    value = parameters[name]
    if not isinstance(value, tuple) or len(value) != 2:
        raise OurBug(f"parameter {name} is {value!r}, not a pair")
    return value[0], value[1]


def optional_integer(parameters: Parameters, name: str) -> int | None:
    """A whole number parameter, or None where nothing is written and the layer finds it out itself."""
    return None if parameters[name] is None else integer(parameters, name)


def numbers(parameters: Parameters, name: str) -> tuple[int, ...]:
    """Several whole numbers."""
    value = parameters[name]
    if not isinstance(value, tuple):
        raise OurBug(f"parameter {name} is {value!r}, not a list of numbers")
    return value
