"""What every dataset becomes on the host: arrays of inputs and of targets; training examples first, tests last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset_form import DatasetForm, Scale, TargetForm

Inputs = npt.NDArray[np.float32] | npt.NDArray[np.int32]
Targets = npt.NDArray[np.int32] | npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NamedTarget:
    """A target that the dataset names, and its number of classes when it is labels."""

    name: str
    values: Targets
    classes: int | None


@dataclass(frozen=True, slots=True)
class Dataset:
    """A checked dataset; its arrays may be mapped files, so they are read in parts.

    Attributes:
        name: what messages call it: a URI or a file.
        inputs: `(n, …)` float32, no NaN or infinity, or int32 tokens from 0.
        targets: `(n,)` int32 labels from 0, `(n, length)` int32 labels of tokens, or `(n, …)` float32.
        train_examples: the first so many rows are for training; then comes its own validation split, then its tests.
        classes: number of classes when targets are labels, else None.
        tokens: how many different tokens the inputs may hold; None when they are no tokens.
        more_inputs: the inputs after the first, of its type.
        validation_examples: rows of its own validation split.
        class_names: what the classes are called, or the tokens; empty when they have no names.
        scale: what was done to the inputs; None when nothing was.
        target_name: of `targets`, where it has one.
        more_targets: what else can be compared with outputs.
        has_targets: whether `targets` holds any; otherwise it is `(n, 0)`.
        columns: of a table with a header, names of the inputs' columns.
    """

    name: str
    inputs: Inputs
    targets: Targets
    train_examples: int
    classes: int | None
    tokens: int | None = None
    more_inputs: tuple[Inputs, ...] = ()
    validation_examples: int = 0
    class_names: tuple[str, ...] = ()
    scale: Scale | None = None
    target_name: str = ""
    more_targets: tuple[NamedTarget, ...] = ()
    has_targets: bool = True
    columns: tuple[str, ...] = ()

    @property
    def form(self) -> DatasetForm:
        """Its shapes and counts."""
        return DatasetForm(
            name=self.name,
            input_shape=_example_shape(self.inputs),
            target_shape=_example_shape(self.targets),
            examples=int(self.inputs.shape[0]),
            train_examples=self.train_examples,
            classes=self.classes,
            has_tokens=self.inputs.dtype == np.int32,
            tokens=self.tokens,
            more_input_shapes=tuple(_example_shape(array) for array in self.more_inputs),
            validation_examples=self.validation_examples,
            class_names=self.class_names,
            scale=self.scale,
            target_name=self.target_name,
            more_targets=tuple(
                TargetForm(target.name, _example_shape(target.values), target.classes) for target in self.more_targets
            ),
            has_targets=self.has_targets,
            columns=self.columns,
        )


def _example_shape(array: Inputs | Targets) -> tuple[int, ...]:
    return tuple(int(size) for size in array.shape[1:])
