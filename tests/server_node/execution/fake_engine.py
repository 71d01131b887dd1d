"""A training engine without JAX, behind the same face: steps take no time, and a test decides what goes wrong when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server_node.execution.engine import PreparationStopped
from shared.job_spec import JobSpec
from shared.model_definition.graph import LayerSummary
from shared.node_messages import ResultFile


@dataclass(frozen=True, slots=True)
class FakeRow:
    step: int
    epoch: int = 1
    kind: str = "epoch"
    values: Mapping[str, float] = field(default_factory=lambda: {"loss": 0.5})


@dataclass(frozen=True, slots=True)
class FakeChunk:
    step: int
    is_last: bool
    history_row: FakeRow | None
    epoch: int = 1
    samples_processed: int = 0
    elapsed_seconds: float = 0.0
    metrics: Mapping[str, float] | None = field(default_factory=lambda: {"loss": 0.5})


class FakeTraining:
    """Counts its steps where a test can see them; `device_is_busy` is true while a step runs."""

    epochs = 1

    def __init__(self, engine: FakeEngine, start_step: int) -> None:
        self.engine = engine
        self.start_step = start_step
        self.step = start_step
        self.device_is_busy = False
        self.memory_bytes = engine.memory_bytes
        self.steps_total = engine.steps_total
        self.notes: Sequence[str] = ["loaded", "compiled"]
        self.past_rows: Sequence[FakeRow] = [FakeRow(step) for step in range(1, start_step + 1)]

    def chunks(self) -> Iterator[FakeChunk]:
        while self.step < self.steps_total:
            self.device_is_busy = True
            time.sleep(self.engine.step_seconds)
            self.step += 1
            self.engine.steps_done += 1
            self.device_is_busy = False
            if self.step == self.engine.fails_at_step:
                raise self.engine.failure
            self.engine.gate.wait(20)
            yield FakeChunk(self.step, self.step == self.steps_total, FakeRow(self.step))

    def snapshot(self) -> Callable[[Path], None]:
        step = self.step
        if self.engine.snapshot_failure is not None:
            raise self.engine.snapshot_failure

        def write(path: Path) -> None:
            self.engine.disk.wait(20)
            if self.engine.disk_failure is not None:
                raise self.engine.disk_failure
            path.write_text(str(step))

        return write

    def write_result(self, folder: Path) -> tuple[tuple[ResultFile, ...], Mapping[str, float]]:
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"weights")
        return (ResultFile("model.safetensors", "0" * 64, 7),), {"loss": 0.5}

    def close(self) -> None:
        self.engine.closed += 1


@dataclass(frozen=True, slots=True)
class FakePlan:
    memory_bytes: int = 123
    flops_per_step: float = 4.5
    layers: tuple[LayerSummary, ...] = ()


class FakeEngine:
    """Knobs for a test: how many steps, how long, what it needs, where it fails."""

    def __init__(self) -> None:
        self.steps_total = 3
        self.step_seconds = 0.0
        self.memory_bytes = 100
        self.fails_at_step = 0
        self.failure: BaseException = RuntimeError("boom")
        self.disk_failure: OSError | None = None
        self.snapshot_failure: Exception | None = None
        self.planning: threading.Event | None = None
        self.preparing: threading.Event | None = None
        self.ignores_stop_while_preparing = False
        self.steps_done = 0
        self.closed = 0
        self.trainings: list[FakeTraining] = []
        self.gate = threading.Event()
        self.gate.set()
        self.disk = threading.Event()
        self.disk.set()

    def prepare(
        self, spec: JobSpec, device_id: str, *, checkpoints: Sequence[Path], should_stop: Callable[[], bool]
    ) -> FakeTraining:
        while self.preparing is not None and not self.preparing.is_set():
            if should_stop() and not self.ignores_stop_while_preparing:
                raise PreparationStopped
            time.sleep(0.002)
        training = FakeTraining(self, int(checkpoints[0].read_text()) if checkpoints else 0)
        self.trainings.append(training)
        return training

    def plan(self, spec: JobSpec) -> FakePlan:
        if self.planning is not None:
            self.planning.wait(20)
        return FakePlan()
