"""What shapes a compiled program, and the key that says when two jobs can share one.

Numbers that only scale things are not here: they are in `numbers`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from server_node.training.layers.layer import Formulation
from server_node.training.metrics.task import Task, task_of
from server_node.training.models.network import Network
from server_node.training.output_end import OutputEnd, TargetKind
from shared.augmentation import Augmentation
from shared.model_definition.graph import Shape


@dataclass(frozen=True, slots=True)
class ProgramStructure:
    """Structure of one training program.

    Attributes:
        network: the model.
        target_shape: one example's target, `()` for a label.
        has_labels: whether targets are int32 labels; otherwise float32 values.
        has_tokens: whether inputs are int32 tokens; otherwise float32 values.
        examples: rows of the whole dataset, all splits together.
        batch_size: examples of one batch.
        batches_per_step: batches whose gradients add up to one update.
        loss: a key of `LOSSES`.
        optimizer: a key of `OPTIMIZERS`.
        schedule: a key of `SCHEDULES`.
        clips_gradients: whether gradients are clipped by their global norm.
        is_averaged: whether the state holds an average of the weights, which is then what is judged and given.
        precision: the type that layers compute in.
        formulation: how windows are computed.
        fed_rows: rows of the window of examples that is on the device; None when all examples are.
        more_input_shapes: of the inputs after the first.
        augmentations: what is done to training examples.
        more_targets: of the targets after the first.
        ends: the outputs that are compared with targets; None for a model of one output without Gaussians, whose
            output is compared with the first target by `loss`.
    """

    network: Network
    target_shape: Shape
    has_labels: bool
    has_tokens: bool
    examples: int
    batch_size: int
    batches_per_step: int
    loss: str
    optimizer: str
    schedule: str
    clips_gradients: bool
    is_averaged: bool
    precision: str
    formulation: Formulation
    fed_rows: int | None = None
    more_input_shapes: tuple[Shape, ...] = ()
    augmentations: tuple[Augmentation, ...] = ()
    more_targets: tuple[TargetKind, ...] = ()
    ends: tuple[OutputEnd, ...] | None = None

    @property
    def judged_ends(self) -> tuple[OutputEnd, ...]:
        """The outputs that are compared with targets."""
        if self.ends is not None:
            return self.ends
        kind = TargetKind(self.target_shape, self.has_labels)
        return (OutputEnd("", 0, 0, self.loss, self.network.output_shape, kind),)

    @property
    def target_kinds(self) -> tuple[TargetKind, ...]:
        """All targets of the dataset."""
        return (TargetKind(self.target_shape, self.has_labels), *self.more_targets)

    @property
    def rows_on_device(self) -> int:
        """Rows of the source that the program takes."""
        return self.fed_rows or self.examples

    @property
    def task(self) -> Task:
        """What kind of question the model's first output answers."""
        return task_of(self.loss, self.network.output_shape, has_labels=self.has_labels)

    @property
    def has_accuracy(self) -> bool:
        """Whether there is one answer that can be right or wrong."""
        return len(self.judged_ends) == 1 and self.judged_ends[0].has_accuracy

    @property
    def has_accuracies(self) -> bool:
        """Whether right answers are told output by output."""
        return len(self.judged_ends) > 1

    @property
    def has_perplexity(self) -> bool:
        """Whether the loss is that of a language model: a label for every token, and nothing beside."""
        return len(self.judged_ends) == 1 and self.judged_ends[0].has_perplexity and not self.network.latents

    @property
    def keyed_families(self) -> tuple[tuple[str, OutputEnd, str], ...]:
        """What an evaluation tells beside loss and accuracy: a key of its sums, of which output, a key of `METRICS`."""
        ends = self.judged_ends
        return tuple(
            (family if len(ends) == 1 else f"{place}.{family}", end, family)
            for place, end in enumerate(ends)
            for family in end.metric_families
        )

    @property
    def part_names(self) -> tuple[str, ...]:
        """What is told beside the loss: the loss of each output, its accuracy where there are several, the divergence.

        Empty for a model of one output without Gaussians.
        """
        if self.ends is None:
            return ()
        losses = tuple(f"loss_{end.name}" for end in self.ends)
        accuracies = tuple(f"accuracy_{end.name}" for end in self.ends if end.has_accuracy and self.has_accuracies)
        return (*losses, *accuracies, *(("kl",) if self.network.latents else ()))

    @property
    def examples_per_step(self) -> int:
        """Examples of one update."""
        return self.batch_size * self.batches_per_step

    @property
    def is_one_step_a_call(self) -> bool:
        """Whether a chunk is many calls of a program of one step, instead of one call of a compiled loop."""
        return self.formulation is Formulation.STOCK_CONVOLUTION

    @property
    def formulation_in_loops(self) -> Formulation:
        """How layers are computed inside a compiled loop, where evaluation always is."""
        return Formulation.SLICES if self.is_one_step_a_call else self.formulation

    @property
    def formulation_in_step(self) -> Formulation:
        """How layers are computed in a training step, which is a loop of its own when it has several batches."""
        return self.formulation if self.batches_per_step == 1 else self.formulation_in_loops

    @property
    def order_length(self) -> int:
        """Length of an epoch's order of indices: all examples, filled up to whole batches."""
        return -(-self.examples // self.batch_size) * self.batch_size

    def portable_key(self) -> str:
        """Give the same text wherever the job runs: what a checkpoint must share with a program to restore into it."""
        return replace(self, formulation=Formulation.STOCK, fed_rows=None).key("")

    def key(self, device: str) -> str:
        """Give the same text for two jobs exactly when one compiled program serves both on `device`."""
        parts: list[object] = [
            self.network.structure_text(),
            self.target_shape,
            self.has_labels,
            self.has_tokens,
            self.examples,
            self.batch_size,
            self.batches_per_step,
            self.loss,
            self.optimizer,
            self.schedule,
            self.clips_gradients,
            self.is_averaged,
            self.precision,
            self.formulation,
            self.fed_rows,
            self.more_input_shapes,
            self.augmentations,
            device,
        ]
        if self.ends is not None or self.more_targets:
            ends = None if self.ends is None else [end.structure() for end in self.ends]
            parts += [ends, [(kind.shape, kind.has_labels) for kind in self.more_targets]]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
