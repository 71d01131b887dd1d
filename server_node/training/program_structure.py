"""What shapes a compiled program, and the key that says when two jobs can share one.

Numbers that only scale things are not here: they are in `numbers`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from server_node.training.layers.layer import Formulation
from server_node.training.models.network import Network
from shared.model_definition.graph import Shape


@dataclass(frozen=True, slots=True)
class ProgramStructure:
    """Structure of one training program.

    Attributes:
        network: the model.
        target_shape: one example's target, `()` for a label.
        has_labels: whether targets are int32 labels; otherwise float32 values.
        examples: rows of the whole dataset, all splits together.
        batch_size: examples a step.
        loss: a key of `LOSSES`.
        optimizer: a key of `OPTIMIZERS`.
        schedule: a key of `SCHEDULES`.
        clips_gradients: whether gradients are clipped by their global norm.
        precision: the type of numbers in the step.
        formulation: how windows are computed.
    """

    network: Network
    target_shape: Shape
    has_labels: bool
    examples: int
    batch_size: int
    loss: str
    optimizer: str
    schedule: str
    clips_gradients: bool
    precision: str
    formulation: Formulation

    @property
    def has_accuracy(self) -> bool:
        """Whether an example can be right or wrong: it has a label and the model names a class."""
        return self.has_labels and self.network.output_shape != () and self.network.output_shape[-1] > 1

    @property
    def is_one_step_a_call(self) -> bool:
        """Whether a chunk is many calls of a program of one step, instead of one call of a compiled loop."""
        return self.formulation is Formulation.STOCK_CONVOLUTION

    @property
    def formulation_in_loops(self) -> Formulation:
        """How windows are computed inside a compiled loop, where evaluation always is."""
        return Formulation.SLICES if self.is_one_step_a_call else self.formulation

    @property
    def order_length(self) -> int:
        """Length of an epoch's order of indices: all examples, filled up to whole batches."""
        return -(-self.examples // self.batch_size) * self.batch_size

    def portable_key(self) -> str:
        """Give the same text wherever the job runs: what a checkpoint must share with a program to restore into it."""
        return replace(self, formulation=Formulation.STOCK).key("")

    def key(self, device: str) -> str:
        """Give the same text for two jobs exactly when one compiled program serves both on `device`."""
        parts = [
            self.network.structure_text(),
            self.target_shape,
            self.has_labels,
            self.examples,
            self.batch_size,
            self.loss,
            self.optimizer,
            self.schedule,
            self.clips_gradients,
            self.precision,
            self.formulation,
            device,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
