"""Times as people type them: `90s`, `30m`, `12h`, `7d`."""

from __future__ import annotations

import re

from shared.errors import InvalidField

_SECONDS_OF = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_from_text(text: str) -> int:
    """Return the seconds in such a time.

    Raises:
        InvalidField: it is none.
    """
    found = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if found is None or int(found[1]) == 0:
        raise InvalidField(f"--expires must be a time such as 30m, 12h or 7d, got {text[:40]!r}", field="expires")
    return int(found[1]) * _SECONDS_OF[found[2]]
