"""What this process's control group allows of memory and CPU time, in both versions of cgroups; None for no limit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_UNLIMITED_BYTES = 2**60
"""Version 1 writes a number near 2**63 where there is no limit."""


def memory_limit_bytes(root: Path = _ROOT, membership: Path = Path("/proc/self/cgroup")) -> int | None:
    """Return the least limit from this process's group up to the root."""
    limits = [limit for folder in _folders(root, membership) if (limit := _limit_in(folder)) is not None]
    return min(limits, default=None)


def memory_used_bytes(root: Path = _ROOT, membership: Path = Path("/proc/self/cgroup")) -> int | None:
    """Return what the innermost group that counts memory has used."""
    for folder in _folders(root, membership):
        for name in ("memory.current", "memory.usage_in_bytes"):
            if (used := _number(folder / name)) is not None:
                return used
    return None


def cpu_limit(root: Path = _ROOT, membership: Path = Path("/proc/self/cgroup")) -> float | None:
    """Return how many CPUs' time may be used, the least from this group up to the root."""
    limits = [limit for folder in _folders(root, membership) if (limit := _cpus_in(folder)) is not None]
    return min(limits, default=None)


def _folders(root: Path, membership: Path) -> Iterator[Path]:
    """Give this process's folders, innermost first; a container often sees only the root."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        base = root / controllers if controllers else root
        folder = base / path.lstrip("/")
        while folder != base and folder.is_relative_to(base):
            yield folder
            folder = folder.parent
    yield from (root, root / "memory", root / "cpu", root / "cpu,cpuacct")


def _limit_in(folder: Path) -> int | None:
    for name in ("memory.max", "memory.limit_in_bytes"):
        limit = _number(folder / name)
        if limit is not None and limit < _UNLIMITED_BYTES:
            return limit
    return None


def _cpus_in(folder: Path) -> float | None:
    match _text(folder / "cpu.max").split():
        case [quota, period] if quota.isdigit() and period.isdigit() and int(period) > 0:
            return int(quota) / int(period)
    quota_us, period_us = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
    return quota_us / period_us if quota_us and period_us and quota_us > 0 else None


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
