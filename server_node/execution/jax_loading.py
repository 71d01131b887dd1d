"""Loading JAX and the engine, which takes seconds: done in a thread while the node already talks to the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from server_node.execution.engine import TrainingEngine
from server_node.jax_device import JaxDevice
from shared.errors import MachineFailure


@dataclass(frozen=True, slots=True)
class DataLimits:
    """What data may take of a node.

    Attributes:
        share: of a device's memory: what datasets that are on it whole take at most; larger ones are fed to it.
        ram_bytes: of the machine.
        disk_bytes: what an array too large for memory, and what all copies of files elsewhere, may take of the disk.
        allows_private_addresses: whether a job's `https://` dataset may be at an address that is not public.
        secrets_file: what datasets that need credentials are read with; None for nothing.
    """

    share: float
    ram_bytes: int
    disk_bytes: int
    allows_private_addresses: bool = False
    secrets_file: Path | None = None

    def dataset_bytes(self, devices: Sequence[JaxDevice]) -> int:
        """Return what a dataset may take of the device that has the least memory."""
        known = [device.memory_bytes for device in devices if device.memory_bytes]
        return int(self.share * min([self.ram_bytes, *known]))


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
    limits: DataLimits | None = None,
) -> LoadedEngine:
    """Load JAX with its compilation cache under `state_dir`, and make an engine.

    Without `limits` the engine's own hold, and files elsewhere are refused.

    Raises:
        MachineFailure: JAX cannot be loaded, or not for the platform that was asked for.
    """
    from server_node.training.compile_cache import configure_jax  # noqa: PLC0415 - sets variables before JAX loads

    try:
        configure_jax(state_dir, threads)
    except (ImportError, RuntimeError) as refusal:
        raise MachineFailure(f"JAX cannot be loaded as it was asked: {refusal}") from refusal

    from server_node.execution.jax_engine import JaxEngine, node_fingerprint, seen_devices  # noqa: PLC0415 - loads JAX
    from server_node.training.api import (  # noqa: PLC0415 - the same
        DatasetCache,
        ProgramCache,
        TrainingEnvironment,
        data_space_in,
    )

    devices = seen_devices()
    if limits is None:
        environment = TrainingEnvironment(ProgramCache(), DatasetCache(), data_roots, artifact_path)
    else:
        space = data_space_in(
            state_dir,
            disk_bytes=limits.disk_bytes,
            allows_private_addresses=limits.allows_private_addresses,
            secrets_file=limits.secrets_file,
        )
        datasets = DatasetCache(limits.dataset_bytes(devices))
        environment = TrainingEnvironment(ProgramCache(), datasets, data_roots, artifact_path, space)
    engine = JaxEngine(environment, chunk_seconds=chunk_seconds)
    return LoadedEngine(engine, devices, node_fingerprint())
