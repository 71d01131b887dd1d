"""The record of one judged model: what is drawn, and what a careful person expects of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class JudgedModel:
    """One model that was drawn without looking at the code.

    Attributes:
        name: for test ids.
        definition: the saved file's content.
        dataset: data of its shape, without the number of samples.
        input_shape: one example's.
        output_shape: of what leaves the model for one example.
        parameters: trained numbers, by the textbook.
        hyperparameters: what the job says beyond the drawing.
        is_light: whether it can be trained in a moment.
    """

    name: str
    definition: Mapping[str, Any]
    dataset: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    parameters: int
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    is_light: bool = True

    def job(self, *, samples: int, epochs: int) -> dict[str, Any]:
        """A job file's mapping: batches of 16, and all examples for training."""
        return {
            "model": self.definition,
            "dataset": f"{self.dataset}&samples={samples}",
            "batch_size": 16,
            "epochs": epochs,
            "hyperparameters": {"seed": 7, "validation_split": 0, "test_split": 0, **self.hyperparameters},
        }
