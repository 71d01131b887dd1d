"""The metrics of an evaluation beside loss and accuracy, by family, and which families suit which question.

To add one: a file with its family, and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from server_node.training.metrics.class_balance import CLASS_BALANCE
from server_node.training.metrics.deviations import DEVIATIONS
from server_node.training.metrics.metric_family import MetricFamily
from server_node.training.metrics.task import Task
from server_node.training.metrics.top_classes import BEST_PLACES, TOP_CLASSES
from shared.model_definition.graph import Shape

METRICS: Mapping[str, MetricFamily] = {
    "top_classes": TOP_CLASSES,
    "class_balance": CLASS_BALANCE,
    "deviations": DEVIATIONS,
}


def families_for(task: Task, outputs: Shape) -> tuple[str, ...]:
    """Name the families that say something of such outputs."""
    chosen: list[str] = []
    if task is Task.CLASSES and outputs[-1] > BEST_PLACES:
        chosen.append("top_classes")
    if task is Task.CLASSES and len(outputs) == 1:
        chosen.append("class_balance")
    if task is Task.VALUES:
        chosen.append("deviations")
    return tuple(chosen)
