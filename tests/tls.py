"""Certificates for tests: made once, with the clock of now."""

from __future__ import annotations

from shared.clock import SystemClock

DAY_MS = 24 * 3600 * 1000


def now_ms() -> int:
    return SystemClock().unix_ms()
