"""What all trainings of one process share: compiled programs, loaded data, and where data may come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from server_node.training.data.data_space import DataSpace
from server_node.training.data.device_dataset import DeviceDataset, HostDataset
from server_node.training.program import Program
from server_node.training.single_flight import SingleFlightCache

MEBIBYTE = 2**20
PROGRAM_LIMIT_BYTES = 2048 * MEBIBYTE
LEAST_PROGRAM_BYTES = 4 * MEBIBYTE
"""What one executable is taken to cost at least; the compiler does not count its own records."""
DATA_LIMIT_BYTES = 4096 * MEBIBYTE


class ProgramCache(SingleFlightCache[Program]):
    """Compiled programs by key: two jobs of one key compile once, whichever threads they are on."""

    def __init__(self, limit_bytes: int = PROGRAM_LIMIT_BYTES) -> None:
        """Start empty; see `SingleFlightCache`."""
        super().__init__(limit_bytes, lambda program: max(program.code_bytes, LEAST_PROGRAM_BYTES))


class DatasetCache(SingleFlightCache[DeviceDataset | HostDataset]):
    """Datasets on their device, or ready to be fed to it, by what they hold: a changed file is another dataset."""

    def __init__(self, limit_bytes: int = DATA_LIMIT_BYTES) -> None:
        """Start empty; a single dataset larger than `limit_bytes` is refused when it is opened."""
        super().__init__(limit_bytes, lambda dataset: dataset.size_bytes)
        self.limit_bytes = limit_bytes


def no_artifacts(sha256: str) -> Path:
    """Be the `artifact_path` of a process without a store: refuse."""
    raise FileNotFoundError(f"no artifact store here that could hold sha256:{sha256}")


@dataclass(frozen=True, slots=True)
class TrainingEnvironment:
    """Made once a process and given to every training; all of it may be used from any thread.

    Attributes:
        programs: compiled programs.
        datasets: loaded datasets.
        data_roots: the only folders that `file://` URIs may read; empty refuses them all.
        artifact_path: from the lower-case hex SHA-256 of an artifact to the local file that holds it.
        space: what data may take, and where.
    """

    programs: ProgramCache
    datasets: DatasetCache
    data_roots: tuple[Path, ...]
    artifact_path: Callable[[str], Path]
    space: DataSpace = field(default_factory=DataSpace)
