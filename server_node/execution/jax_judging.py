"""An evaluation or prediction behind the face that attempts' threads know as a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from server_node.execution.engine import Chunk, Row
from server_node.training.api import Judging, save_judged, write_judged
from shared.job_spec import JobSpec
from shared.node_messages import ResultFile


class JaxJudging:
    """One prepared evaluation or prediction; used by one thread at a time."""

    def __init__(self, judging: Judging, spec: JobSpec, chunk_seconds: float, prepared_in_seconds: float) -> None:
        self._judging = judging
        self._spec = spec
        self._chunk_seconds = chunk_seconds
        self._prepared_in_seconds = prepared_in_seconds

    @property
    def memory_bytes(self) -> int:
        """The compiler's account plus data, weights and predictions."""
        return self._judging.memory_bytes

    @property
    def steps_total(self) -> int:
        """Batches of the whole job."""
        return self._judging.batches

    @property
    def epochs(self) -> int:
        """The data are gone through once."""
        return 1

    @property
    def start_step(self) -> int:
        """The batch it resumes from; 0 for the beginning."""
        return self._judging.start_batch

    @property
    def notes(self) -> Sequence[str]:
        """What is done with which weights, how long loading took, and where it goes on."""
        notes = [
            f"{self._spec.job_type} of {self._spec.dataset} with the weights sha256:{self._spec.weights_sha256[:12]}…",
            f"compiled and loaded in {self._prepared_in_seconds:.2f} s",
        ]
        if self.start_step:
            notes.append(f"resumed from batch {self.start_step} of {self.steps_total}")
        return notes

    @property
    def past_rows(self) -> Sequence[Row]:
        """None: the only row comes with the last batch."""
        return ()

    def chunks(self) -> Iterator[Chunk]:
        """Go on; between two reports nothing runs on the device."""
        return self._judging.run(chunk_seconds=self._chunk_seconds)

    def snapshot(self) -> Callable[[Path], None]:
        """Copy what is done so far, and return what writes the copy."""
        judged = self._judging.snapshot()

        def write(path: Path) -> None:
            save_judged(judged, path)

        return write

    def write_result(self, folder: Path) -> tuple[tuple[ResultFile, ...], Mapping[str, float]]:
        """Write the result's files and return them with the metrics."""
        written = write_judged(self._judging, folder)
        files = tuple(ResultFile(file.path.name, file.sha256, file.size_bytes) for file in written)
        return files, self._judging.metrics()

    def close(self) -> None:
        """Do nothing: its arrays go when nobody holds this any more."""
