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


def split_dataset(dataset: DatasetForm, validation_split: float, seed: int, test_split: float = 0.0) -> Splits:
    """Cut validation and test from the training examples by the seed, unless the dataset has a part of its own.

    Both shares are of the dataset's own training examples; a share is not looked at where the dataset has that part.

    Raises:
        BadData: when a cut leaves one side empty.
    """
    behind = np.arange(dataset.train_examples, dataset.examples, dtype=np.int32)
    own_validation, own_test = behind[: dataset.validation_examples], behind[dataset.validation_examples :]
    validation = 0 if own_validation.size else _count_cut(dataset, "validation_split", validation_split)
    test = 0 if own_test.size else _count_cut(dataset, "test_split", test_split)
    if not validation and not test:
        return Splits(np.arange(dataset.train_examples, dtype=np.int32), own_validation, own_test)
    if validation + test >= dataset.train_examples:
        raise BadData(
            f"{dataset.name}: validation_split and test_split leave none of {dataset.train_examples} examples to train",
            field="hyperparameters.test_split",
        )
    shuffled = random_stream(seed, Purpose.VALIDATION_SPLIT).permutation(dataset.train_examples).astype(np.int32)
    cut = shuffled[validation : validation + test]
    return Splits(
        train=np.sort(shuffled[validation + test :]),
        validation=np.sort(shuffled[:validation]) if validation else own_validation,
        test=np.sort(cut) if test else own_test,
    )


def _count_cut(dataset: DatasetForm, name: str, share: float) -> int:
    count = round(dataset.train_examples * share)
    if share and count in {0, dataset.train_examples}:
        raise BadData(
            f"{dataset.name}: {name} {share} of {dataset.train_examples} examples leaves "
            f"{dataset.train_examples - count} to train and {count} to hold out; both need at least one",
            field=f"hyperparameters.{name}",
        )
    return count


def epoch_order(train: Indices, seed: int, epoch: int, length: int, *, shuffle: bool = True) -> Indices:
    """Give the order in which an epoch visits its examples, filled up to `length` with zeros.

    Args:
        train: the training examples.
        seed: the job's seed.
        epoch: counted from 0.
        length: whole batches.
        shuffle: whether in an order of its own; otherwise in the order of the examples.
    """
    if not shuffle:
        return filled(train, length)
    rng = random_stream(seed, Purpose.EPOCH_ORDER, epoch)
    return filled(train[rng.permutation(train.size)], length)


def filled(indices: Indices, length: int) -> Indices:
    """Fill indices up to `length` with zeros, which the mask of a batch leaves out."""
    order = np.zeros(length, np.int32)
    order[: indices.size] = indices
    return order
