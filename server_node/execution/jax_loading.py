"""Loading JAX and the engine, which takes seconds: done in a thread while the node already talks to the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from server_node.execution.engine import TrainingEngine
from server_node.jax_device import JaxDevice
from shared.errors import MachineFailure


@dataclass(frozen=True, slots=True)
class LoadedEngine:
    """An engine that can take work.

    Attributes:
        devices: what it can compute on.
        fingerprint: must be equal for a resumed run to give the same bits.
    """

    engine: TrainingEngine
    devices: tuple[JaxDevice, ...]
    fingerprint: str


def load_engine(
    state_dir: Path,
    *,
    threads: int | None,
    data_roots: tuple[Path, ...],
    artifact_path: Callable[[str], Path],
    chunk_seconds: float,
) -> LoadedEngine:
    """Load JAX with its compilation cache under `state_dir`, and make an engine.

    Raises:
        MachineFailure: JAX cannot be loaded, or not for the platform that was asked for.
    """
    from server_node.training.compile_cache import configure_jax  # noqa: PLC0415 - sets variables before JAX loads

    try:
        configure_jax(state_dir, threads)
    except (ImportError, RuntimeError) as refusal:
        raise MachineFailure(f"JAX cannot be loaded as it was asked: {refusal}") from refusal

    from server_node.execution.jax_engine import JaxEngine, node_fingerprint, seen_devices  # noqa: PLC0415 - loads JAX
    from server_node.training.api import DatasetCache, ProgramCache, TrainingEnvironment  # noqa: PLC0415 - the same

    environment = TrainingEnvironment(ProgramCache(), DatasetCache(), data_roots, artifact_path)
    engine = JaxEngine(environment, chunk_seconds=chunk_seconds)
    return LoadedEngine(engine, seen_devices(), node_fingerprint())
