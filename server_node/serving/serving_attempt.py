"""A replica behind the face that attempts' threads know as a training: its chunks are seconds of answering.

The attempt's own thread computes; it lives until it is stopped, and what it took by then it still answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from server_node.execution.engine import Row
from server_node.serving.live_replicas import LiveReplicas
from server_node.serving.replica import Replica, Served
from shared.errors import OurBug
from shared.node_messages import ResultFile
from shared.serving import Serving

REPORT_SECONDS = 1.0
DRAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class ServedChunk:
    """Where serving stands; see `Chunk`."""

    step: int
    samples_processed: int
    elapsed_seconds: float
    metrics: Mapping[str, float]
    epoch: int = 1
    history_row: Row | None = None
    is_last: bool = False


class ServingAttempt:
    """One replica; see `Training`. It is found by callers from its first chunk on, until it is closed."""

    def __init__(
        self,
        serving: Serving,
        replica: Replica,
        live: LiveReplicas,
        *,
        should_stop: Callable[[], bool],
        clock: Callable[[], float],
        notes: Sequence[str] = (),
    ) -> None:
        self._serving = serving
        self._replica = replica
        self._live = live
        self._should_stop = should_stop
        self._clock = clock
        self._started = clock()
        self.notes = notes
        self.memory_bytes = replica.memory_bytes
        self.steps_total = 0
        self.epochs = 1
        self.start_step = 0
        self.past_rows: Sequence[Row] = ()

    def chunks(self) -> Iterator[ServedChunk]:
        """Answer until it should stop; the first chunk comes at once, and says that it answers."""
        self._live.add(self._serving.deployment_id, self._serving.generation, self._replica)
        yield self._chunk(self._replica.served())
        while not self._should_stop():
            self._replica.work(REPORT_SECONDS, self._should_stop)
            yield self._chunk(self._replica.served())

    def close(self) -> None:
        """Answer what was taken, a second at most, and be found no more."""
        self._live.remove(self._serving.deployment_id, self._replica)
        self._replica.drain(DRAIN_SECONDS)

    def snapshot(self) -> Callable[[Path], None]:
        """There is nothing to save."""
        raise OurBug("a replica has no state of its own to save")

    def write_result(self, folder: Path) -> tuple[tuple[ResultFile, ...], Mapping[str, float]]:
        """There is no result."""
        raise OurBug(f"a replica ends when it is stopped and has no result for {folder.name}")

    def _chunk(self, served: Served) -> ServedChunk:
        metrics = {
            "requests": float(served.requests),
            "latency_ms": served.latency_ms,
            "rows_per_second": served.rows_per_second,
            "queue_rows": float(served.queue_rows),
        }
        return ServedChunk(served.requests, served.rows, self._clock() - self._started, metrics)
