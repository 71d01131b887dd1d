"""What holds of every cut into training, validation and test examples, and of every order of an epoch."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from server_node.training.data.dataset_form import DatasetForm
from server_node.training.data.splits import Splits, epoch_order, split_dataset
from shared.errors import BadData

COUNTS = st.integers(1, 400)
PARTS = st.integers(0, 60)
SHARES = st.floats(0, 0.95)
SEEDS = st.integers(0, 2**32 - 1)


def a_form(train: int, validation: int = 0, test: int = 0) -> DatasetForm:
    return DatasetForm("data", (3,), (), train + validation + test, train, 2, validation_examples=validation)


def cut(form: DatasetForm, validation_split: float, test_split: float, seed: int) -> Splits:
    """The cut, where there is one: what leaves a side empty is refused, as another test says."""
    try:
        return split_dataset(form, validation_split, seed, test_split)
    except BadData:
        assume(False)
        raise


@given(COUNTS, PARTS, PARTS, SHARES, SHARES, SEEDS)
def test_every_example_is_in_exactly_one_split(
    train: int, own_validation: int, own_test: int, validation_split: float, test_split: float, seed: int
) -> None:
    form = a_form(train, own_validation, own_test)
    splits = cut(form, validation_split, test_split, seed)
    everyone = np.concatenate([splits.train, splits.validation, splits.test])
    assert np.sort(everyone).tolist() == list(range(form.examples))
    assert splits.train.size > 0


@given(COUNTS, SHARES, SHARES, SEEDS)
def test_the_same_seed_cuts_the_same_and_parts_have_the_size_that_was_asked_for(
    train: int, validation_split: float, test_split: float, seed: int
) -> None:
    form = a_form(train)
    first, again = (cut(form, validation_split, test_split, seed) for _ in range(2))
    for part in ("train", "validation", "test"):
        assert np.array_equal(getattr(first, part), getattr(again, part))
    assert first.validation.size == round(train * validation_split)
    assert first.test.size == round(train * test_split)


@given(COUNTS, st.integers(1, 60), st.integers(1, 60), SHARES, SHARES, SEEDS)
def test_given_parts_are_used_as_they_are_and_nothing_else_is_cut(
    train: int, own_validation: int, own_test: int, validation_split: float, test_split: float, seed: int
) -> None:
    splits = split_dataset(a_form(train, own_validation, own_test), validation_split, seed, test_split)
    assert splits.train.tolist() == list(range(train))
    assert splits.validation.tolist() == list(range(train, train + own_validation))
    assert splits.test.tolist() == list(range(train + own_validation, train + own_validation + own_test))


@given(COUNTS, SHARES, SHARES, SEEDS)
def test_a_refused_cut_is_one_sentence_that_names_the_dataset(
    train: int, validation_split: float, test_split: float, seed: int
) -> None:
    refusal = ""
    try:
        split_dataset(a_form(train), validation_split, seed, test_split)
    except BadData as error:
        refusal = error.message
    assert not refusal or refusal.startswith(("data: validation_split", "data: test_split"))
    assert "\n" not in refusal


@given(st.sets(st.integers(0, 10_000), min_size=1, max_size=200), SEEDS, st.integers(0, 50), st.integers(1, 64))
def test_an_epoch_visits_every_training_example_once_in_an_order_of_its_seed(
    examples: set[int], seed: int, epoch: int, batch: int
) -> None:
    train = np.array(sorted(examples), np.int32)
    length = -(-train.size // batch) * batch
    order = epoch_order(train, seed, epoch, length)
    assert np.sort(order[: train.size]).tolist() == train.tolist()
    assert not order[train.size :].any()
    assert np.array_equal(order, epoch_order(train, seed, epoch, length))
    longer = epoch_order(train, seed, epoch, length + batch)
    assert np.array_equal(order[: train.size], longer[: train.size])
