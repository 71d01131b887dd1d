"""What an evaluation adds up batch by batch, and what is read off the sums at its end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import jax

from server_node.training.metrics import METRICS
from server_node.training.metrics.metric_family import Sums
from server_node.training.program_structure import ProgramStructure
from server_node.training.train_state import MetricSums, zero_sums

LARGEST_EXPONENT = 700.0
"""Of a perplexity that is still a finite number."""


class EvaluationSums(NamedTuple):
    """Loss and right answers, and the sums of every metric family by name."""

    basic: MetricSums
    families: Mapping[str, Sums]


def zero_evaluation_sums(structure: ProgramStructure) -> EvaluationSums:
    """Give sums over no examples, as host arrays."""
    families = {key: METRICS[family].start(end.shape) for key, end, family in structure.keyed_families}
    return EvaluationSums(zero_sums(len(structure.part_names)), families)  # type: ignore[arg-type]  # host twins


def evaluation_values(structure: ProgramStructure, sums: EvaluationSums) -> Mapping[str, float]:
    """Wait for the sums and name every metric's value, `loss` first."""
    basic, families = jax.device_get(sums)
    examples = max(int(basic.examples), 1)
    values = {"loss": float(basic.loss) / examples}
    if structure.has_accuracy:
        values["accuracy"] = float(basic.correct) / examples
    if structure.has_perplexity:
        values["perplexity"] = perplexity(values["loss"])
    if structure.part_names:
        means = (float(part) / examples for part in basic.parts[0])
        values |= dict(zip(structure.part_names, means, strict=True))
    for key, end, family in structure.keyed_families:
        ending = f"_{end.name}" if structure.has_accuracies else ""
        values |= {f"{metric}{ending}": value(families[key]) for metric, value in METRICS[family].values.items()}
    return values


def perplexity(loss: float) -> float:
    """Give e to the mean loss of a token (natural logarithm)."""
    return math.exp(min(loss, LARGEST_EXPONENT))
