"""One of a model's outputs as it is judged: which target it is compared with, by which loss."""

from __future__ import annotations

import math
from dataclasses import dataclass

from server_node.training.metrics import families_for
from server_node.training.metrics.task import Task, task_of
from shared.model_definition.graph import Shape


@dataclass(frozen=True, slots=True)
class TargetKind:
    """The form of one target of a dataset: one example's shape, `()` for a label, and whether it is int32 labels."""

    shape: Shape
    has_labels: bool


@dataclass(frozen=True, slots=True)
class OutputEnd:
    """One output that is compared with a target.

    Attributes:
        name: what metrics call it; shapes no program.
        output: its place among the model's outputs.
        target: its target's place among the dataset's.
        loss: a key of `LOSSES`.
        shape: one example's output.
        kind: of the target.
    """

    name: str
    output: int
    target: int
    loss: str
    shape: Shape
    kind: TargetKind

    @property
    def task(self) -> Task:
        """What kind of question it answers."""
        return task_of(self.loss, self.shape, has_labels=self.kind.has_labels)

    @property
    def has_accuracy(self) -> bool:
        """Whether an answer can be right or wrong."""
        return self.task is not Task.VALUES

    @property
    def has_perplexity(self) -> bool:
        """Whether its loss is that of a language model: a label for every token."""
        return self.kind.has_labels and self.kind.shape != () and self.loss in {"cross_entropy", "nll"}

    @property
    def metric_families(self) -> tuple[str, ...]:
        """Keys of `METRICS`: what an evaluation tells of it beside loss and accuracy."""
        return families_for(self.task, self.shape)

    @property
    def values(self) -> int:
        """How many values of an example its loss is the mean over."""
        return math.prod(self.kind.shape if self.task is Task.CLASSES else self.shape)

    def structure(self) -> list[object]:
        """Give what shapes the program, as plain values."""
        return [self.output, self.target, self.loss]
