"""A device as JAX sees it: what the engine reports and the hardware detector merges. This file does not load JAX."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JaxDevice:
    """A device that JAX can compute on; `memory_bytes` is what it says of it, 0 when it does not."""

    device_id: str
    name: str
    memory_bytes: int = 0
