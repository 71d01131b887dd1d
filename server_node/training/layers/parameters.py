"""Reading a layer's checked parameters with their types: numbers, flags, words, pairs.

The values were checked at submission; a wrong type here is a bug of ours.
"""

from __future__ import annotations

from server_node.training.layers.layer import Parameters
from shared.errors import OurBug


def integer(parameters: Parameters, name: str) -> int:
    """Give the whole number kept under `name`."""
    value = parameters[name]
    if isinstance(value, bool) or not isinstance(value, int):
        raise OurBug(f"layer parameter {name} was checked as an integer, got {value!r}")
    return value


def flag(parameters: Parameters, name: str, default: bool = True) -> bool:
    """Give the truth value kept under `name`."""
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise OurBug(f"layer parameter {name} was checked as true or false, got {value!r}")
    return value


def word(parameters: Parameters, name: str, default: str = "") -> str:
    """Give the word kept under `name`; None and absent are the default."""
    value = parameters.get(name)
    return default if value is None else str(value)


def pair(parameters: Parameters, name: str) -> tuple[int, int]:
    """Give the (height, width) kept under `name`; one number stands for both."""
    match parameters[name]:
        case bool():
            pass
        case int(both):
            return both, both
        case (int(height), int(width)):
            return height, width
    raise OurBug(f"layer parameter {name} was checked as one or two integers, got {parameters[name]!r}")
