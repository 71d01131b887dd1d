"""Live progress, rows of metric history and log lines, as immutable records. Nothing here decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Progress:
    """The latest that is known of how far an attempt has come; 0 where it is not known."""

    attempt: int
    step: int = 0
    steps_total: int = 0
    epoch: int = 0
    epochs: int = 0
    samples_processed: int = 0
    elapsed_ms: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One row of a job's history; there is one for each (job, step), whichever attempt wrote it last."""

    job_id: str
    attempt: int
    step: int
    epoch: int
    at_ms: int
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a job's log; `sequence` is given by the store, 0 before that."""

    job_id: str
    attempt: int
    at_ms: int
    level: str
    text: str
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class DeviceUse:
    """What a node measured of one of its devices lately.

    Attributes:
        utilisation: 0 to 1; None where it cannot be measured.
    """

    device_id: str
    memory_used_bytes: int
    utilisation: float | None
