"""What every dataset becomes on the host: one array of inputs, one of targets, training examples first, then tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset_form import DatasetForm

Inputs = npt.NDArray[np.float32]
Targets = npt.NDArray[np.int32] | npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A checked dataset.

    Attributes:
        name: what messages call it: a URI or a file.
        inputs: `(n, …)` float32, no NaN or infinity.
        targets: `(n,)` int32 labels from 0, or `(n, outputs)` float32.
        train_examples: the first so many rows are for training; the rest is the dataset's own test split.
        classes: number of classes when targets are labels, else None.
    """

    name: str
    inputs: Inputs
    targets: Targets
    train_examples: int
    classes: int | None

    @property
    def form(self) -> DatasetForm:
        """Its shapes and counts."""
        return DatasetForm(
            name=self.name,
            input_shape=tuple(int(size) for size in self.inputs.shape[1:]),
            target_shape=tuple(int(size) for size in self.targets.shape[1:]),
            examples=int(self.inputs.shape[0]),
            train_examples=self.train_examples,
            classes=self.classes,
        )
