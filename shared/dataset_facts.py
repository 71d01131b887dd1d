"""What is known of a dataset before anyone opens it, so that a job can be refused at submission."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import assert_never

from shared.dataset_uri import (
    ArtifactDataset,
    BuiltinDataset,
    DatasetUri,
    FileDataset,
    RemoteDataset,
    reconstructs_input,
)
from shared.hyperparameter_names import Loss
from shared.model_definition.graph import Shape
from shared.synthetic_dataset import (
    SyntheticClassification,
    SyntheticDataset,
    SyntheticImages,
    SyntheticPairs,
    SyntheticRegression,
    SyntheticSequences,
    SyntheticTokens,
)


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What is known without opening the data; None where only the data can tell.

    A dataset names its parts by their order: its inputs, first to last, then its target.

    Attributes:
        example_shape: one example's shape, channels last; of the first input when there are several.
        examples: how many there are, held-out ones included.
        classes: how many classes the labels have, tokens of the vocabulary where each token has its own label; None
            for real targets.
        outputs: how many numbers one real target has, whatever its shape; None for classes.
        target_shape: one target's shape, `()` for a label, `(length,)` for a label each token.
        has_tokens: whether the inputs are int32 numbers of tokens; otherwise they are float32 values.
        tokens: how many different tokens the inputs may hold; None when they are no tokens.
        more_input_shapes: of the inputs after the first.
    """

    example_shape: Shape | None = None
    examples: int | None = None
    classes: int | None = None
    outputs: int | None = None
    target_shape: Shape | None = None
    has_tokens: bool = False
    tokens: int | None = None
    more_input_shapes: tuple[Shape, ...] = ()

    @property
    def natural_loss(self) -> Loss | None:
        """The loss that such labels ask for, None while they are unknown."""
        if self.classes is not None:
            return Loss.CROSS_ENTROPY
        return Loss.MSE if self.outputs is not None else None


def example_shape(uri: DatasetUri) -> Shape | None:
    """One example's shape, channels last, or None when only the data can tell."""
    return dataset_facts(uri).example_shape


def dataset_facts(uri: DatasetUri) -> DatasetFacts:
    """Everything known of a dataset from its URI alone."""
    match uri:
        case BuiltinDataset():
            facts = DatasetFacts((8, 8, 1), 1_797, classes=10, target_shape=())
        case FileDataset() | ArtifactDataset() | RemoteDataset():
            return DatasetFacts()
        case _:
            facts = _synthetic_facts(uri)
    return _reconstructing(facts) if reconstructs_input(uri) else facts


def _synthetic_facts(uri: SyntheticDataset) -> DatasetFacts:
    match uri:
        case SyntheticClassification():
            return DatasetFacts((uri.features,), uri.samples, classes=uri.classes, target_shape=())
        case SyntheticRegression():
            return DatasetFacts((uri.features,), uri.samples, outputs=uri.outputs, target_shape=(uri.outputs,))
        case SyntheticImages():
            shape = (uri.height, uri.width, uri.channels)
            return DatasetFacts(shape, uri.samples, classes=uri.classes, target_shape=())
        case SyntheticSequences():
            return DatasetFacts((uri.length, uri.features), uri.samples, classes=uri.classes, target_shape=())
        case SyntheticTokens():
            return _token_facts(uri)
        case SyntheticPairs():
            each = (uri.length,)
            return DatasetFacts(each, uri.samples, uri.vocab, None, each, True, uri.vocab, (each,))
        case _ as never:
            assert_never(never)


def _token_facts(uri: SyntheticTokens) -> DatasetFacts:
    shape = (uri.length,)
    if uri.classes == 0:
        return DatasetFacts(shape, uri.samples, uri.vocab, target_shape=shape, has_tokens=True, tokens=uri.vocab)
    return DatasetFacts(shape, uri.samples, uri.classes, target_shape=(), has_tokens=True, tokens=uri.vocab)


def _reconstructing(facts: DatasetFacts) -> DatasetFacts:
    shape = facts.example_shape or ()
    if facts.has_tokens:
        return replace(facts, classes=facts.tokens, outputs=None, target_shape=shape)
    return replace(facts, classes=None, outputs=math.prod(shape), target_shape=shape)
