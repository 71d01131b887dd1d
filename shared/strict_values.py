"""Numbers, flags and lists of whole numbers as people write them, in JSON or as strings, read without any guessing.

Each function gives the value or raises `ValueError` whose text says what was expected, so that callers can write
"units must be a whole number, got 'many'". Ranges are not checked here.
"""

from __future__ import annotations

import math
import re

_INTEGER = re.compile(r"([+-]?[0-9]{1,19})(\.0*)?")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_LONGEST_REAL = 400
_LARGEST_INTEGER = 2**63 - 1
_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_LONGEST_LIST = 16


def integer_from(value: object) -> int:
    """A whole number of at most 64 bits from `5`, `5.0`, `"5"` or `"5.0"`; never from a flag."""
    number = _integer_or_none(value)
    if number is None or abs(number) > _LARGEST_INTEGER:
        raise ValueError("a whole number")
    return number


def real_from(value: object) -> float:
    """A finite number from `5`, `1e-5`, `"1e-5"`; never NaN, infinite or a flag."""
    number = _real_or_none(value)
    if number is None or not math.isfinite(number):
        raise ValueError("a finite number")
    return number


def flag_from(value: object) -> bool:
    """A flag from `true`, `"true"`, `"False"`, `0`, `1`, `"yes"`, `"off"`."""
    if isinstance(value, bool):
        return value
    flag = _FLAGS.get(str(value).lower()) if isinstance(value, (str, int)) else None
    if flag is None:
        raise ValueError("true or false")
    return flag


def integers_from(value: object) -> tuple[int, ...]:
    """Whole numbers from `[28, 28]`, `"[28, 28]"`, `"28,28"`, `"(28, 28)"`, `28` or `"28"`."""
    items = _items(value)
    if not 1 <= len(items) <= _LONGEST_LIST:
        raise ValueError("a whole number or a list of whole numbers")
    try:
        return tuple(integer_from(item) for item in items)
    except ValueError:
        raise ValueError("a whole number or a list of whole numbers") from None


def reals_from(value: object) -> tuple[float, ...]:
    """Finite numbers, written as `integers_from` says."""
    items = _items(value)
    if not 1 <= len(items) <= _LONGEST_LIST:
        raise ValueError("a finite number or a list of them")
    try:
        return tuple(real_from(item) for item in items)
    except ValueError:
        raise ValueError("a finite number or a list of them") from None


def _integer_or_none(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _LARGEST_INTEGER else None
    found = _INTEGER.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found[1]) if found else None


def _real_or_none(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return float(value) if abs(value) <= _LARGEST_INTEGER else None
    if isinstance(value, float):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST_REAL and _REAL.fullmatch(value.strip()):
        return float(value)
    return None


def _items(value: object) -> list[object]:
    if isinstance(value, (list, tuple)):
        return list(value)
    if not isinstance(value, str):
        return [value]
    text = value.strip()
    if text[:1] + text[-1:] in {"[]", "()"}:
        text = text[1:-1]
    return list(text.rstrip(", ").split(","))
