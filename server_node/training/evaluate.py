"""Loss and accuracy of a split, chunk by chunk, so that an evaluation can be stopped like training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import jax
import numpy as np

from server_node.training.data.splits import Indices
from server_node.training.pace import Pace
from server_node.training.prepared import PreparedTraining
from server_node.training.steps import EvaluationRange
from server_node.training.train_state import MetricSums


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is known of a split so far; `accuracy` is None where examples cannot be right or wrong."""

    loss: float
    accuracy: float | None
    is_complete: bool

    def metrics(self, prefix: str) -> dict[str, float]:
        """Name the values, such as `val_loss` and `val_accuracy`."""
        named = {f"{prefix}_loss": self.loss}
        return named if self.accuracy is None else {**named, f"{prefix}_accuracy": self.accuracy}


def evaluate(
    prepared: PreparedTraining, indices: Indices, pace: Pace, tick: Callable[[], float]
) -> Iterator[Evaluation]:
    """Evaluate a split, giving what is known after every chunk; nothing for an empty one.

    Args:
        prepared: the training, whose weights stay as they are.
        indices: the split's examples.
        pace: sizes the chunks.
        tick: counts time as training's own and gives what passed since the last tick.
    """
    batch_size = prepared.setup.structure.batch_size
    batches, finished, sums = -(-indices.size // batch_size), 0, None
    order = prepared.evaluation_order(indices)
    while finished < batches:
        chunk = pace.steps(batches - finished)
        part = EvaluationRange(order, *_scalars(indices.size, finished, chunk))
        tick()
        sums = prepared.evaluate_chunk(sums, part)
        pace.record(chunk, tick())
        finished += chunk
        yield _evaluation(prepared, sums, is_complete=finished == batches)


def _scalars(examples: int, first_batch: int, batches: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    return np.int32(examples), np.int32(first_batch), np.int32(batches)  # type: ignore[return-value]  # host twins


def _evaluation(prepared: PreparedTraining, sums: MetricSums, *, is_complete: bool) -> Evaluation:
    loss, _, correct, examples = jax.device_get(sums)
    has_accuracy = prepared.setup.structure.has_accuracy
    return Evaluation(float(loss) / int(examples), int(correct) / int(examples) if has_accuracy else None, is_complete)
