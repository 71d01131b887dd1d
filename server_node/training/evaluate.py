"""Loss and metrics of a split, chunk by chunk, so that an evaluation can be stopped like training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import jax
import numpy as np

from server_node.training.best import Model
from server_node.training.data.splits import Indices
from server_node.training.evaluation_sums import evaluation_values
from server_node.training.pace import Pace
from server_node.training.prepared import PreparedTraining
from server_node.training.steps import EvaluationRange


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What is known of a split so far: values by name, `loss` first."""

    values: Mapping[str, float]
    is_complete: bool

    def metrics(self, prefix: str) -> dict[str, float]:
        """Name the values, such as `val_loss` and `val_accuracy`."""
        return {f"{prefix}_{name}": value for name, value in self.values.items()}


def evaluate(
    prepared: PreparedTraining, model: Model, indices: Indices, pace: Pace, tick: Callable[[], float]
) -> Iterator[Evaluation]:
    """Evaluate a split, giving what is known after every chunk; nothing for an empty one.

    Args:
        prepared: the training, which stays as it is.
        model: the weights and statistics to evaluate.
        indices: the split's examples.
        pace: sizes the chunks.
        tick: counts time as training's own and gives what passed since the last tick.
    """
    batch_size = prepared.setup.structure.batch_size
    batches, finished, sums = -(-indices.size // batch_size), 0, None
    visit = prepared.visit(indices)
    while finished < batches:
        chunk = pace.steps(batches - finished)
        tick()
        for part in visit.parts(finished, chunk):
            where = EvaluationRange(part.order, *_scalars(indices.size, finished, part.batches))
            sums = prepared.evaluate_chunk(model, sums, part.source, where)
            finished += part.batches
        pace.record(chunk, tick())
        assert sums is not None, "a chunk has at least one batch"
        yield Evaluation(evaluation_values(prepared.setup.structure, sums), is_complete=finished == batches)


def _scalars(examples: int, first_batch: int, batches: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    return np.int32(examples), np.int32(first_batch), np.int32(batches)  # type: ignore[return-value]  # host twins
