"""A draw from a Gaussian: as wide as its log variance says in training, and its mean elsewhere."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.layers import LAYERS
from server_node.training.layers.layer import Formulation, LayerContext

MEAN, DEVIATION, COUNT = 2.0, 3.0, 40_000


def drawn(*, is_training: bool, key: int = 0) -> np.ndarray:
    context = LayerContext(
        parameters={},
        numbers={},
        is_training=is_training,
        mask=jnp.ones((1,), jnp.float32),
        draw_key=lambda: jax.random.key(key),
        formulation=Formulation.SLICES,
    )
    mean = jnp.full((1, COUNT), MEAN, jnp.float32)
    log_variance = jnp.full((1, COUNT), 2 * np.log(DEVIATION), jnp.float32)
    return np.asarray(LAYERS["gaussian_sample"].apply({}, {}, (mean, log_variance), context)[0])


def test_draws_have_the_mean_and_the_deviation_they_are_fed() -> None:
    values = drawn(is_training=True)
    assert values.mean() == pytest.approx(MEAN, abs=5 * DEVIATION / np.sqrt(COUNT))
    assert values.std() == pytest.approx(DEVIATION, abs=5 * DEVIATION / np.sqrt(2 * COUNT))


def test_draws_differ_with_the_key() -> None:
    assert np.mean(drawn(is_training=True) == drawn(is_training=True, key=1)) < 0.01


def test_outside_training_a_draw_is_its_mean() -> None:
    np.testing.assert_array_equal(drawn(is_training=False), np.full((1, COUNT), MEAN, np.float32))
