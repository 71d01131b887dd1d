"""What must be known of a dataset to build a program for it: its shapes and counts, without its numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from shared.model_definition.graph import Shape
from shared.trained_on import TrainedOn

NUMBER_BYTES = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """How inputs were normalised, feature by feature: `offset` was taken away, then it was divided by `width`."""

    offset: tuple[float, ...]
    width: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TargetForm:
    """The form of one target: its name, empty where it has none, one example's shape, classes where it is labels."""

    name: str
    shape: Shape
    classes: int | None


@dataclass(frozen=True, slots=True)
class DatasetForm:
    """The form of a dataset; its parts are its inputs in order, then its targets.

    Attributes:
        name: what messages call it.
        input_shape: one example's shape, channels last; of the first input when there are several.
        target_shape: one target's shape, `()` for a label, `(length,)` for a label each token.
        examples: all of them, whatever their split.
        train_examples: those that are not its own validation or test split.
        classes: number of classes when targets are labels, else None.
        has_tokens: whether the inputs are int32 numbers of tokens; otherwise they are float32 values.
        tokens: how many different tokens the inputs may hold; None when they are no tokens.
        more_input_shapes: of the inputs after the first, which are of its type.
        validation_examples: those of its own validation split, which stand behind the training examples.
        class_names: what the classes are called, or the tokens; empty when they have no names.
        scale: what was done to the inputs; None when nothing was.
        target_name: of the first target; empty where it has none.
        more_targets: the targets after the first.
        has_targets: whether there are any; otherwise only predictions can be made.
        columns: of a table with a header, names of the inputs' columns.
    """

    name: str
    input_shape: Shape
    target_shape: Shape
    examples: int
    train_examples: int
    classes: int | None
    has_tokens: bool = False
    tokens: int | None = None
    more_input_shapes: tuple[Shape, ...] = ()
    validation_examples: int = 0
    class_names: tuple[str, ...] = ()
    scale: Scale | None = None
    target_name: str = ""
    more_targets: tuple[TargetForm, ...] = ()
    has_targets: bool = True
    columns: tuple[str, ...] = ()

    @property
    def trained_on(self) -> TrainedOn:
        """What a model that is trained on it takes numbers to mean."""
        scale = self.scale or Scale((), ())
        return TrainedOn(columns=self.columns, class_names=self.class_names, offset=scale.offset, width=scale.width)

    @property
    def targets(self) -> tuple[TargetForm, ...]:
        """All of them."""
        return (TargetForm(self.target_name, self.target_shape, self.classes), *self.more_targets)

    @property
    def has_labels(self) -> bool:
        """Whether targets are int32 labels; otherwise they are float32 values."""
        return self.classes is not None

    @property
    def example_bytes(self) -> int:
        """What the inputs and the targets of one example take."""
        targets = (target.shape for target in self.targets)
        shapes = (self.input_shape, *self.more_input_shapes, *targets)
        return sum(math.prod(shape) for shape in shapes) * NUMBER_BYTES
