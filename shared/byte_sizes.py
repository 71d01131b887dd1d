"""Sizes as people write them, `2GiB`, `512 MB`, `1073741824`, to bytes."""

from __future__ import annotations

import re
from decimal import Decimal

_SIZE = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,6})?)\s*([A-Za-z]{0,3})")
_UNITS = {"": 1, "b": 1}
_UNITS |= {f"{letter}b": 1_000**power for power, letter in enumerate("kmgt", start=1)}
_UNITS |= {f"{letter}ib": 1_024**power for power, letter in enumerate("kmgt", start=1)}
_UNITS |= {f"{letter}i": 1_024**power for power, letter in enumerate("kmgt", start=1)}
LARGEST_BYTES = 2**62


def bytes_from(value: object) -> int:
    """Whole bytes, at least 1; raises `ValueError` whose text says what was expected."""
    found = None if isinstance(value, bool) else _SIZE.fullmatch(str(value).strip())
    unit = _UNITS.get(found[2].lower()) if found else None
    size_bytes = int(Decimal(found[1]) * unit) if found and unit is not None else 0
    if not 1 <= size_bytes <= LARGEST_BYTES:
        raise ValueError("a size above 0 such as 2GiB, 512MB or a number of bytes")
    return size_bytes
