"""The real training engine behind the face that attempts' threads know. Importing this file loads JAX: seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import jax

from server_node.execution.engine import Chunk, PreparationStopped, Row
from server_node.execution.jax_judging import JaxJudging
from server_node.jax_device import JaxDevice
from server_node.training.api import (
    PlanReport,
    PreparedTraining,
    TrainingEnvironment,
    TrainingStopped,
    plan_memory,
    prepare,
    prepare_judging,
    save_checkpoint,
    train,
    write_result,
)
from server_node.training.checkpoints.fingerprint import fingerprint
from server_node.training.host_memory import give_back_freed_memory
from shared.errors import NotFound
from shared.job_spec import JobSpec
from shared.node_messages import ResultFile


class JaxEngine:
    """Trainings on this process's JAX devices; may be used from any thread.

    Args:
        chunk_seconds: about how long one compiled call takes, whatever else runs.
    """

    def __init__(self, environment: TrainingEnvironment, *, chunk_seconds: float) -> None:
        self._environment = environment
        self._chunk_seconds = chunk_seconds

    def prepare(
        self, spec: JobSpec, device_id: str, *, checkpoints: Sequence[Path], should_stop: Callable[[], bool]
    ) -> JaxTraining | JaxJudging:
        """Load data, compile, restore; see `TrainingEngine.prepare`."""
        started = time.perf_counter()
        if spec.job_type != "training":
            return self._prepare_judging(spec, device_id, checkpoints, should_stop)
        try:
            prepared = prepare(
                spec,
                self._environment,
                checkpoints=checkpoints,
                should_stop=should_stop,
                device=device_named(device_id),
            )
        except TrainingStopped as stopped:
            raise PreparationStopped from stopped
        return JaxTraining(prepared, spec, self._chunk_seconds, time.perf_counter() - started)

    def _prepare_judging(
        self, spec: JobSpec, device_id: str, checkpoints: Sequence[Path], should_stop: Callable[[], bool]
    ) -> JaxJudging:
        started = time.perf_counter()
        try:
            judging = prepare_judging(
                spec,
                self._environment,
                checkpoints=checkpoints,
                should_stop=should_stop,
                device=device_named(device_id),
            )
        except TrainingStopped as stopped:
            raise PreparationStopped from stopped
        return JaxJudging(judging, spec, self._chunk_seconds, time.perf_counter() - started)

    def plan(self, spec: JobSpec) -> PlanReport:
        """Compile on abstract shapes; see `TrainingEngine.plan`."""
        return plan_memory(spec, self._environment)


class JaxTraining:
    """One prepared training; used by one thread at a time."""

    def __init__(
        self, prepared: PreparedTraining, spec: JobSpec, chunk_seconds: float, prepared_in_seconds: float
    ) -> None:
        self._prepared = prepared
        self._spec = spec
        self._chunk_seconds = chunk_seconds
        self._prepared_in_seconds = prepared_in_seconds

    @property
    def memory_bytes(self) -> int:
        """The compiler's account plus data and state."""
        return self._prepared.memory.total_bytes

    @property
    def steps_total(self) -> int:
        """Steps of the whole job."""
        return self._prepared.steps_total

    @property
    def epochs(self) -> int:
        """Epochs of the whole job."""
        return self._prepared.epochs

    @property
    def start_step(self) -> int:
        """The step it resumes from; 0 for the beginning."""
        return self._prepared.start_step

    @property
    def notes(self) -> Sequence[str]:
        """What was loaded, how long it took, and what is to be said of a resume."""
        notes = [_dataset_note(self._prepared, self._spec), f"compiled and loaded in {self._prepared_in_seconds:.2f} s"]
        if self._prepared.resume_note:
            notes.append(self._prepared.resume_note)
        if self._prepared.start_step:
            notes.append(f"resumed from step {self._prepared.start_step} of {self._prepared.steps_total}")
        return notes

    @property
    def past_rows(self) -> Sequence[Row]:
        """The history that the checkpoint brought along."""
        return tuple(self._prepared.history)

    def chunks(self) -> Iterator[Chunk]:
        """Train; between two reports nothing runs on the device."""
        return train(self._prepared, chunk_seconds=self._chunk_seconds)

    def snapshot(self) -> Callable[[Path], None]:
        """Copy the state now, and return what writes the copy."""
        checkpoint = self._prepared.snapshot()

        def write(path: Path) -> None:
            save_checkpoint(checkpoint, path)

        return write

    def write_result(self, folder: Path) -> tuple[tuple[ResultFile, ...], Mapping[str, float]]:
        """Write the result's files and return them with the final metrics."""
        result = self._prepared.result()
        written = write_result(result, self._spec.model_definition, folder)
        files = tuple(ResultFile(file.path.name, file.sha256, file.size_bytes) for file in written)
        return files, result.final_metrics

    def close(self) -> None:
        """Give back what its steps have freed; its arrays go when nobody holds this any more."""
        give_back_freed_memory()


def device_named(device_id: str) -> jax.Device:
    """Return the JAX device of `cpu:0`, `cuda:1` and so on.

    Raises:
        NotFound: JAX sees no such device.
    """
    platform, _, index = device_id.partition(":")
    try:
        return jax.local_devices(backend=platform)[int(index)]
    except (RuntimeError, IndexError, ValueError):
        raise NotFound(f"JAX sees no device {device_id!r} on this node") from None


def _dataset_note(prepared: PreparedTraining, spec: JobSpec) -> str:
    splits = prepared.setup.splits
    counts = f"{splits.train.size} training, {splits.validation.size} validation and {splits.test.size} test examples"
    return f"loaded {spec.dataset}: {counts} of shape {prepared.setup.structure.network.input_shape}"


def seen_devices() -> tuple[JaxDevice, ...]:
    """Return every device that JAX can compute on: the CPU, and the GPUs where it has them."""
    return tuple(device for platform in ("cpu", "cuda") for device in _seen(platform))


def node_fingerprint() -> str:
    """Return what must be equal for a resumed run to give the same bits, of the device that JAX prefers."""
    return json.dumps(dict(fingerprint(jax.local_devices()[0])), sort_keys=True)


def _seen(platform: str) -> list[JaxDevice]:
    try:
        devices = jax.local_devices(backend=platform)
    except RuntimeError:
        return []  # JAX was loaded without it
    return [
        JaxDevice(f"{platform}:{number}", device.device_kind, _memory_bytes(device))
        for number, device in enumerate(devices)
    ]


def _memory_bytes(device: jax.Device) -> int:
    return int((device.memory_stats() or {}).get("bytes_limit", 0))
