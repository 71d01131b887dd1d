"""What one check has found: how bad it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """Something that some may need does not work, or will not for long."""
    FAIL = "fail"
    """Nothing goes on before that is mended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the checkup.

    Attributes:
        check: what was looked at.
        found: in one sentence.
        advice: what to do about it; empty when there is nothing to do.
    """

    check: str
    level: Level
    found: str
    advice: str = ""
