"""What an epoch is: which examples it visits, in which order, in how many steps; and what is said in epochs."""

import numpy as np
import pytest

from server_node.training.api import TrainingEnvironment, prepare
from server_node.training.data.dataset_form import DatasetForm
from server_node.training.data.splits import epoch_order, split_dataset
from server_node.training.host_numbers import host_numbers
from shared.errors import BadData
from tests.server_node.training.builders import a_job, finished

FORM = DatasetForm("data", (3,), (), 100, 100, 2)
WITH_OWN_TEST = DatasetForm("data", (3,), (), 100, 80, 2)


def test_validation_and_test_are_cut_apart_by_the_seed() -> None:
    splits = split_dataset(FORM, 0.1, seed=4, test_split=0.2)
    assert (splits.train.size, splits.validation.size, splits.test.size) == (70, 10, 20)
    everyone = np.concatenate([splits.train, splits.validation, splits.test])
    assert sorted(everyone) == list(range(100))
    again = split_dataset(FORM, 0.1, seed=4, test_split=0.2)
    assert np.array_equal(again.test, splits.test)
    assert not np.array_equal(split_dataset(FORM, 0.1, seed=5, test_split=0.2).test, splits.test)


def test_the_validation_part_is_the_same_with_and_without_a_test_part() -> None:
    alone, beside = split_dataset(FORM, 0.1, seed=4), split_dataset(FORM, 0.1, seed=4, test_split=0.2)
    assert np.array_equal(alone.validation, beside.validation)


def test_a_test_part_of_the_datasets_own_stays_what_it_is() -> None:
    splits = split_dataset(WITH_OWN_TEST, 0.1, seed=4, test_split=0.5)
    assert list(splits.test) == list(range(80, 100))
    assert splits.train.size == 72


def test_parts_that_leave_nothing_to_train_are_refused() -> None:
    with pytest.raises(BadData, match="leave none of 100 examples to train"):
        split_dataset(FORM, 0.5, seed=4, test_split=0.5)
    with pytest.raises(BadData, match=r"test_split 0\.001"):
        split_dataset(FORM, 0.0, seed=4, test_split=0.001)


def test_without_shuffling_examples_come_in_their_own_order() -> None:
    order = epoch_order(np.arange(5, 9, dtype=np.int32), seed=1, epoch=3, length=6, shuffle=False)
    assert list(order) == [5, 6, 7, 8, 0, 0]


def test_a_job_that_does_not_shuffle_differs_from_one_that_does(environment: TrainingEnvironment) -> None:
    straight, mixed = (finished(a_job(epochs=1, shuffle=said), environment) for said in (False, True))
    assert straight.history[-1].values["loss"] != mixed.history[-1].values["loss"]


def test_drop_last_leaves_out_what_fills_no_step(environment: TrainingEnvironment) -> None:
    whole, dropped = (prepare(a_job(drop_last=said), environment) for said in (False, True))
    assert (whole.steps_per_epoch, dropped.steps_per_epoch) == (7, 6)
    assert (whole.setup.samples_after(7), dropped.setup.samples_after(6)) == (100, 96)
    assert dropped.setup.samples_after(13) == 96 * 2 + 16
    done = finished(a_job(drop_last=True), environment)
    assert done.history[-1].values["samples_processed"] == 96 * 3


def test_drop_last_that_leaves_out_everything_is_refused(environment: TrainingEnvironment) -> None:
    with pytest.raises(BadData, match="drop_last leaves out all 100"):
        prepare(a_job(drop_last=True, batch_size=60, gradient_accumulation=2), environment)


def test_what_is_said_in_epochs_reaches_the_program_in_steps(environment: TrainingEnvironment) -> None:
    prepared = prepare(a_job(schedule="step", decay_epochs=2, warmup_epochs=1), environment)
    numbers = host_numbers(prepared.setup)
    assert (float(numbers.decay_steps), float(numbers.warmup_steps)) == (14, 7)
