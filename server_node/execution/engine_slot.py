"""Where the engine goes once JAX has loaded: the node talks to the server before that, and takes no work until then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from server_node.execution.engine import Plan, Training, TrainingEngine
from shared.errors import MachineFailure
from shared.job_spec import JobSpec


class EngineSlot:
    """An engine that may not be there yet; filled once, from any thread."""

    def __init__(self) -> None:
        self._engine: TrainingEngine | None = None

    def fill(self, engine: TrainingEngine) -> None:
        """Put the engine in."""
        self._engine = engine

    def prepare(
        self, spec: JobSpec, device_id: str, *, checkpoints: Sequence[Path], should_stop: Callable[[], bool]
    ) -> Training:
        """Do what the engine's `prepare` does."""
        return self._filled().prepare(spec, device_id, checkpoints=checkpoints, should_stop=should_stop)

    def plan(self, spec: JobSpec) -> Plan:
        """Do what the engine's `plan` does."""
        return self._filled().plan(spec)

    def _filled(self) -> TrainingEngine:
        if self._engine is None:
            raise MachineFailure("this node is still loading JAX; try again in a few seconds")
        return self._engine
