"""What must be known of a dataset to build a program for it: its shapes and counts, without its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from shared.model_definition.graph import Shape


@dataclass(frozen=True, slots=True)
class DatasetForm:
    """The form of a dataset.

    Attributes:
        name: what messages call it.
        input_shape: one example's shape, channels last.
        target_shape: one target's shape, `()` for a label.
        examples: all of them, whatever their split.
        train_examples: those that are not its own test split.
        classes: number of classes when targets are labels, else None.
    """

    name: str
    input_shape: Shape
    target_shape: Shape
    examples: int
    train_examples: int
    classes: int | None

    @property
    def has_labels(self) -> bool:
        """Whether targets are int32 labels; otherwise they are float32 values."""
        return self.classes is not None
