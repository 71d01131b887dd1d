"""Which examples train, which validate, which test, and in which order an epoch visits them: functions of the seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset_form import DatasetForm
from server_node.training.randomness import Purpose, random_stream
from shared.errors import BadData

Indices = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Splits:
    """Indices into a dataset's arrays; validation and test may be empty."""

    train: Indices
    validation: Indices
    test: Indices


def split_dataset(dataset: DatasetForm, validation_split: float, seed: int) -> Splits:
    """Cut validation from the training examples by the seed; the dataset's own test split stays what it is.

    Raises:
        BadData: when the cut leaves one side empty.
    """
    test = np.arange(dataset.train_examples, dataset.examples, dtype=np.int32)
    if validation_split == 0:
        return Splits(np.arange(dataset.train_examples, dtype=np.int32), test[:0], test)
    count = round(dataset.train_examples * validation_split)
    if count in {0, dataset.train_examples}:
        raise BadData(
            f"{dataset.name}: validation_split {validation_split} of {dataset.train_examples} examples leaves "
            f"{dataset.train_examples - count} to train and {count} to validate; both need at least one",
            field="hyperparameters.validation_split",
        )
    shuffled = random_stream(seed, Purpose.VALIDATION_SPLIT).permutation(dataset.train_examples).astype(np.int32)
    return Splits(train=np.sort(shuffled[count:]), validation=np.sort(shuffled[:count]), test=test)


def epoch_order(train: Indices, seed: int, epoch: int, length: int) -> Indices:
    """Give the order in which an epoch visits its examples, filled up to `length` with zeros.

    Args:
        train: the training examples.
        seed: the job's seed.
        epoch: counted from 0.
        length: whole batches.
    """
    rng = random_stream(seed, Purpose.EPOCH_ORDER, epoch)
    return filled(train[rng.permutation(train.size)], length)


def filled(indices: Indices, length: int) -> Indices:
    """Fill indices up to `length` with zeros, which the mask of a batch leaves out."""
    order = np.zeros(length, np.int32)
    order[: indices.size] = indices
    return order
