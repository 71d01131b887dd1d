"""What is known of a dataset before anyone opens it, so that a job can be refused at submission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from shared.dataset_uri import ArtifactDataset, BuiltinDataset, DatasetUri, FileDataset
from shared.hyperparameter_names import Loss
from shared.model_definition.graph import Shape
from shared.synthetic_dataset import (
    SyntheticClassification,
    SyntheticImages,
    SyntheticRegression,
    SyntheticSequences,
    SyntheticTokens,
)


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What is known without opening the data; None where only the data can tell.

    Attributes:
        example_shape: one example's shape, channels last.
        examples: how many there are, held-out ones included.
        classes: how many classes the labels have; None for real targets.
        outputs: how many numbers one real target has; None for classes.
    """

    example_shape: Shape | None = None
    examples: int | None = None
    classes: int | None = None
    outputs: int | None = None

    @property
    def natural_loss(self) -> Loss | None:
        """The loss that such labels ask for, None while they are unknown."""
        if self.classes is not None:
            return Loss.CROSS_ENTROPY
        return Loss.MSE if self.outputs is not None else None


def example_shape(uri: DatasetUri) -> Shape | None:
    """One example's shape, channels last, or None when only the data can tell."""
    return dataset_facts(uri).example_shape


def dataset_facts(uri: DatasetUri) -> DatasetFacts:  # noqa: PLR0911 - one return a kind of dataset
    """Everything known of a dataset from its URI alone."""
    match uri:
        case BuiltinDataset():
            return DatasetFacts((8, 8, 1), 1_797, classes=10)
        case SyntheticClassification():
            return DatasetFacts((uri.features,), uri.samples, classes=uri.classes)
        case SyntheticRegression():
            return DatasetFacts((uri.features,), uri.samples, outputs=uri.outputs)
        case SyntheticImages():
            return DatasetFacts((uri.height, uri.width, uri.channels), uri.samples, classes=uri.classes)
        case SyntheticSequences():
            return DatasetFacts((uri.length, uri.features), uri.samples, classes=uri.classes)
        case SyntheticTokens():
            return DatasetFacts((uri.length,), uri.samples, classes=uri.classes)
        case FileDataset() | ArtifactDataset():
            return DatasetFacts()
        case _ as never:
            assert_never(never)
