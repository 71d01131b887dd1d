"""Optimizers, schedules and what is done to gradients: what `test_optimizer_formulas` and its like leave to say."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from server_node.training.gradient_changes import clipped
from server_node.training.host_numbers import host_numbers
from server_node.training.layers.layer import Formulation
from server_node.training.losses import LOSSES
from server_node.training.numbers import Numbers
from server_node.training.optimizers import OPTIMIZERS
from server_node.training.plan import _known_form
from server_node.training.schedules import SCHEDULES, learning_rate_at
from server_node.training.setup import training_setup
from shared.hyperparameter_names import Loss, Optimizer, Schedule
from tests.server_node.training.builders import SMALL, a_job


def numbers_of(**hyperparameters: Any) -> Numbers:
    form = _known_form(SMALL)
    assert form is not None
    return host_numbers(training_setup(a_job(**hyperparameters), form, Formulation.SLICES))


def test_every_word_that_submission_accepts_is_known_here() -> None:
    assert set(OPTIMIZERS) == set(Optimizer)
    assert set(SCHEDULES) == set(Schedule)
    assert set(LOSSES) == set(Loss)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_starts_from_zeros(name: str) -> None:
    numbers = numbers_of(optimizer=name)
    state = OPTIMIZERS[name].make(numbers.learning_rate, numbers).init({"w": jnp.ones(3)})
    assert all(not np.any(leaf) for leaf in jax.tree.leaves(state))


def test_clipping_scales_all_gradients_together() -> None:
    with jax.numpy_dtype_promotion("standard"):
        scaled = clipped({"a": jnp.asarray([3.0]), "b": jnp.asarray([4.0])}, jnp.float32(1.0))
    np.testing.assert_allclose([scaled["a"][0], scaled["b"][0]], [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize(
    ("hyperparameters", "step", "rate"),
    [
        ({"schedule": "constant"}, 20, 1.0),
        ({"schedule": "constant", "warmup_steps": 4}, 0, 0.25),
        ({"schedule": "constant", "warmup_steps": 4}, 3, 1.0),
        ({"schedule": "linear", "decay_steps": 10}, 5, 0.5),
        ({"schedule": "linear", "decay_steps": 10, "end_learning_rate": 0.2}, 50, 0.2),
        ({"schedule": "cosine", "decay_steps": 10}, 5, 0.5),
        ({"schedule": "cosine", "decay_steps": 10, "warmup_steps": 10}, 15, 0.5),
        ({"schedule": "warmup_cosine", "decay_steps": 8, "warmup_steps": 2}, 2, 1.0),
        ({"schedule": "one_cycle"}, 5, 1.0),
        ({"schedule": "exponential", "decay_steps": 10, "decay_rate": 0.25}, 5, 0.5),
        ({"schedule": "exponential", "decay_steps": 1, "decay_rate": 0.1, "end_learning_rate": 0.05}, 9, 0.05),
        ({"schedule": "step", "decay_steps": 10, "decay_rate": 0.5}, 19, 0.5),
        ({"schedule": "step", "decay_steps": 10, "decay_rate": 0.5}, 20, 0.25),
    ],
    ids=str,
)
def test_schedules_follow_their_formulas(hyperparameters: dict[str, Any], step: int, rate: float) -> None:
    numbers = numbers_of(learning_rate=1.0, **hyperparameters)
    got = learning_rate_at(hyperparameters["schedule"], jnp.int32(step), numbers)
    assert float(got) == pytest.approx(rate, rel=1e-5)


def test_label_smoothing_mixes_in_the_uniform_distribution() -> None:
    logits, labels = jnp.asarray([[2.0, 0.0, -1.0]]), jnp.asarray([0])
    wanted = optax.softmax_cross_entropy(logits, jnp.asarray([[0.8, 0.1, 0.1]]))
    np.testing.assert_allclose(LOSSES["cross_entropy"](logits, labels, jnp.float32(0.3)), wanted, rtol=1e-6)


def test_squared_error_takes_labels_as_one_hot_or_as_the_number() -> None:
    labels, none = jnp.asarray([2, 0]), jnp.float32(0)
    assert LOSSES["mse"](jnp.zeros((2, 3)), labels, none).tolist() == pytest.approx([1 / 3, 1 / 3])
    assert LOSSES["mse"](jnp.zeros((2, 1)), labels, none).tolist() == [4.0, 0.0]
