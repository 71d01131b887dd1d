"""Reads spans of time as people write them: 90s, 15m, 12h, 30d, 4w, 1y."""

from __future__ import annotations

import re

from shared.errors import InvalidField

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}
_SPAN = re.compile(r"(\d{1,12})\s*([smhdwy]?)")


def seconds_from(text: str, *, field: str) -> int:
    """Return the seconds in a span; a bare number is seconds.

    Raises:
        InvalidField: it is none.
    """
    found = _SPAN.fullmatch(text.strip().lower())
    if found is None:
        raise InvalidField(
            f"{field} must be a span of time such as 90s, 15m, 12h, 30d or 1y, got {text!r}", field=field
        )
    return int(found.group(1)) * _SECONDS[found.group(2)]
