"""What an attempt's thread needs of a training engine; `jax_engine` has the real one, tests bring a small one.

Every method may be called from any thread, several at once, and may take long; none may touch asyncio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from shared.job_spec import JobSpec
from shared.model_definition.graph import LayerSummary
from shared.node_messages import ResultFile


class Row(Protocol):
    """One row of the history."""

    @property
    def step(self) -> int:
        """Steps done."""
        ...

    @property
    def epoch(self) -> int:
        """Counted from 1."""
        ...

    @property
    def kind(self) -> str:
        """Why it stands here: `epoch` or `interval`."""
        ...

    @property
    def values(self) -> Mapping[str, float]:
        """Metrics by name."""
        ...


class Chunk(Protocol):
    """Where training stands at a chunk's boundary."""

    @property
    def step(self) -> int:
        """Steps done."""
        ...

    @property
    def epoch(self) -> int:
        """The epoch being trained, from 1."""
        ...

    @property
    def samples_processed(self) -> int:
        """Examples seen, resumed ones included."""
        ...

    @property
    def elapsed_seconds(self) -> float:
        """Training time, resumed time included."""
        ...

    @property
    def metrics(self) -> Mapping[str, float] | None:
        """Live metrics, when there are any yet."""
        ...

    @property
    def history_row(self) -> Row | None:
        """The row that falls here, if one does."""
        ...

    @property
    def is_last(self) -> bool:
        """Whether training is complete."""
        ...


class Training(Protocol):
    """One prepared training; used by one thread at a time."""

    @property
    def memory_bytes(self) -> int:
        """The compiler's account plus data and state."""
        ...

    @property
    def steps_total(self) -> int:
        """Steps of the whole job."""
        ...

    @property
    def epochs(self) -> int:
        """Epochs of the whole job."""
        ...

    @property
    def start_step(self) -> int:
        """The step it resumes from; 0 for the beginning."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """Sentences for the job's log: what was loaded, how long compiling took, what differs on resuming."""
        ...

    @property
    def past_rows(self) -> Sequence[Row]:
        """The history that the checkpoint brought along."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """Train; stop by not asking for the next chunk."""
        ...

    def snapshot(self) -> Callable[[Path], None]:
        """Copy the state now, and return what writes the copy to a path; writing may overlap with training."""
        ...

    def write_result(self, folder: Path) -> tuple[tuple[ResultFile, ...], Mapping[str, float]]:
        """Write the result's files and return them with the final metrics."""
        ...

    def close(self) -> None:
        """Free what training holds beyond this process's own memory; nothing is asked of it afterwards."""
        ...


class Plan(Protocol):
    """What a job would need."""

    @property
    def memory_bytes(self) -> int:
        """The compiler's account plus data and state."""
        ...

    @property
    def flops_per_step(self) -> float:
        """The compiler's count."""
        ...

    @property
    def layers(self) -> tuple[LayerSummary, ...]:
        """The layers as they would be computed, implied ones included."""
        ...


class TrainingEngine(Protocol):
    """Makes trainings and plans."""

    def prepare(
        self, spec: JobSpec, device_id: str, *, checkpoints: Sequence[Path], should_stop: Callable[[], bool]
    ) -> Training:
        """Load data, compile, restore from the first of the checkpoints that can be used.

        Raises:
            PreparationStopped: `should_stop` said so on the way.
            UserMistake: the job cannot run, and why.
        """
        ...

    def plan(self, spec: JobSpec) -> Plan:
        """Compile on abstract shapes, without data."""
        ...


class PreparationStopped(Exception):
    """Preparing was given up because a stop was asked for."""
