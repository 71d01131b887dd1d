"""What examples say of a model with several outputs or with Gaussians inside: the sum of the losses, and each alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from server_node.training.losses import LOSSES
from server_node.training.losses.gaussian_divergence import gaussian_divergence
from server_node.training.metrics import METRICS
from server_node.training.metrics.metric_family import Sums
from server_node.training.metrics.task import right_share
from server_node.training.numbers import Numbers
from server_node.training.program_structure import ProgramStructure


class Said(NamedTuple):
    """Sums over the real examples of a batch.

    Attributes:
        loss: float32, of what training makes small.
        correct: float32, of the right answers where one output can be right, else 0.
        parts: `(parts,)` float32, in the order of `ProgramStructure.part_names`; None where nothing is compared.
    """

    loss: jax.Array
    correct: jax.Array
    parts: jax.Array | None


def said_of(
    structure: ProgramStructure, outputs: tuple[jax.Array, ...], targets: Any, mask: jax.Array, numbers: Numbers
) -> Said:
    """Compare each output with its target, and each Gaussian with a unit normal.

    Args:
        structure: of the program.
        outputs: `(batch, …)` float32 each: the model's outputs, then means and log variances in turn.
        targets: one array, or a tuple of the dataset's.
        mask: `(batch,)`, 0 for examples that only fill up.
        numbers: of the job.
    """
    is_real = mask > 0

    def summed(values: jax.Array) -> jax.Array:
        return jnp.sum(jnp.where(is_real, values, 0.0))

    losses, shares = [], []
    for end in structure.judged_ends:
        output, target = outputs[end.output], target_of(targets, end.target)
        losses.append(LOSSES[end.loss](output, target, numbers.label_smoothing))
        if end.has_accuracy:
            shares.append(right_share(end.task, end.loss, output, target))
    divergences = _divergences(structure, outputs)
    weighed = [numbers.kl_weight * divergence for divergence in divergences]
    loss = sum([*losses, *weighed], start=jnp.zeros_like(mask))
    named = [*losses, *(shares if structure.has_accuracies else [])]
    if divergences:
        named.append(sum(divergences, start=jnp.zeros_like(mask)))
    correct = summed(shares[0]) if structure.has_accuracy else jnp.float32(0)
    return Said(summed(loss), correct, jnp.stack([summed(values) for values in named]) if named else None)


def target_of(targets: Any, place: int) -> jax.Array:
    """Give one of a dataset's targets."""
    chosen: jax.Array = targets[place] if isinstance(targets, tuple) else targets
    return chosen


def add_to_families(
    structure: ProgramStructure, families: Mapping[str, Sums], outputs: Any, targets: Any, is_real: jax.Array
) -> Mapping[str, Sums]:
    """Add one batch to the sums of every output's metrics."""
    added = {}
    for key, end, family in structure.keyed_families:
        output = outputs[end.output] if isinstance(outputs, tuple) else outputs
        added[key] = METRICS[family].add(families[key], output, target_of(targets, end.target), is_real)
    return added


def _divergences(structure: ProgramStructure, outputs: tuple[jax.Array, ...]) -> list[jax.Array]:
    values = outputs[structure.network.output_count :]
    return [
        gaussian_divergence(mean, log_variance) for mean, log_variance in zip(values[::2], values[1::2], strict=True)
    ]
