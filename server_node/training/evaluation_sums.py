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
    outputs = structure.network.output_shape
    families = {name: METRICS[name].start(outputs) for name in structure.metric_families}
    return EvaluationSums(zero_sums(), families)  # type: ignore[arg-type]  # host twins


def evaluation_values(structure: ProgramStructure, sums: EvaluationSums) -> Mapping[str, float]:
    """Wait for the sums and name every metric's value, `loss` first."""
    basic, families = jax.device_get(sums)
    examples = max(int(basic.examples), 1)
    values = {"loss": float(basic.loss) / examples}
    if structure.has_accuracy:
        values["accuracy"] = float(basic.correct) / examples
    if structure.has_perplexity:
        values["perplexity"] = perplexity(values["loss"])
    for name in structure.metric_families:
        values |= {metric: value(families[name]) for metric, value in METRICS[name].values.items()}
    return values


def perplexity(loss: float) -> float:
    """Give e to the mean loss of a token (natural logarithm)."""
    return math.exp(min(loss, LARGEST_EXPONENT))
