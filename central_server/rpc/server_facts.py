"""What the server says of itself beside an answer, for people who look for a fault: its version and its clock."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from shared.clock import SystemClock

VERSION_KEY = "cyxwiz-version"
CLOCK_KEY = "cyxwiz-unix-ms"


def server_facts() -> tuple[tuple[str, str], ...]:
    """Return them as trailing metadata."""
    return ((VERSION_KEY, _version()), (CLOCK_KEY, str(SystemClock().unix_ms())))


@cache
def _version() -> str:
    try:
        return version("cyxwiz")
    except PackageNotFoundError:
        return "unknown"  # run from a checkout that nobody installed
