"""Sizes of memory in words, for the reasons people read."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def describe_bytes(size_bytes: int) -> str:
    """Return a size such as `512 MiB` or `1.5 GiB`."""
    size = float(size_bytes)
    unit = 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size /= 1024
        unit += 1
    number = f"{size:.1f}".removesuffix(".0")
    return f"{number} {_UNITS[unit]}"
