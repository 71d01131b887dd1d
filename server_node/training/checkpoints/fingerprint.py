"""The fingerprint of a machine as far as it decides the bits of a result."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jax
from jaxlib.version import __version__ as jaxlib_version

CPU_INFORMATION = Path("/proc/cpuinfo")


def fingerprint(device: jax.Device) -> Mapping[str, str]:
    """Name what must be the same for an exact resume: two equal fingerprints give equal bits."""
    return {
        "jaxlib": jaxlib_version,
        "backend": device.platform,
        "device": device.device_kind,
        "cpu_flags": cpu_flags_digest(),
        "threads": os.environ.get("NPROC", "unset"),
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
    }


@cache
def cpu_flags_digest() -> str:
    """Give a short digest of the instruction sets this CPU offers; XLA compiles for exactly these."""
    try:
        lines = CPU_INFORMATION.read_text().splitlines()
    except OSError:
        return "unknown"
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return hashlib.sha256(flags.encode()).hexdigest()[:12]


def difference(saved: Mapping[str, str], current: Mapping[str, str]) -> str | None:
    """Say in one sentence how two fingerprints differ, None when they do not."""
    names = sorted(name for name in {*saved, *current} if saved.get(name) != current.get(name))
    if not names:
        return None
    changes = ", ".join(f"{name} {saved.get(name)!r} → {current.get(name)!r}" for name in names)
    return f"resumed on another kind of device, so the last bits of the result may differ: {changes}"
