"""What attempts tell people while they run: records between the threads that make them and the stream.

None of it decides anything; losing the newest live progress loses nothing but a moment's view.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.identifiers import AttemptKey


@dataclass(frozen=True, slots=True)
class LiveProgress:
    """Where training stands; only the newest of an attempt matters."""

    key: AttemptKey
    step: int
    steps_total: int
    epoch: int
    epochs: int
    samples_processed: int
    elapsed_ms: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One row of the history; its step is fixed by the job, `at_ms` is the node's wall clock."""

    key: AttemptKey
    step: int
    epoch: int
    at_ms: int
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a job's log; `level` is info, warning or error."""

    key: AttemptKey
    at_ms: int
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class DeviceUse:
    """How much of one device is in use, by whomever.

    Attributes:
        utilisation: 0 to 1; None where it cannot be measured.
    """

    device_id: str
    memory_used_bytes: int
    utilisation: float | None


@dataclass(frozen=True, slots=True)
class DeviceUses:
    """One measurement of every device; only the newest matters."""

    uses: tuple[DeviceUse, ...]


AttemptRecord = LiveProgress | HistoryRow | LogLine
"""What belongs to an attempt."""

TelemetryRecord = AttemptRecord | DeviceUses
