"""The masks of dropout: as many zeros as asked for, nowhere in step with each other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.layers.random_zeros import dropped, hashed_places

SIDE = 1_000


def masks(count: int, rate: float = 0.5) -> np.ndarray:
    keys = jax.random.split(jax.random.key(3), count)
    draw = jax.jit(jax.vmap(lambda key: dropped(jnp.ones((SIDE, SIDE), jnp.float32), jnp.float32(rate), key)))
    return np.asarray(draw(keys)) > 0


@pytest.mark.parametrize("rate", [0.0, 0.003, 0.1, 0.5, 0.97])
def test_the_share_of_zeros_is_the_rate_and_the_mean_stays(rate: float) -> None:
    values = dropped(jnp.full((SIDE, SIDE), 3.0, jnp.float32), jnp.float32(rate), jax.random.key(1))
    spread = 5 * np.sqrt(rate * (1 - rate)) / SIDE
    assert abs(float(jnp.mean(values == 0)) - rate) <= spread
    np.testing.assert_allclose(np.unique(values)[-1], 3.0 / (1.0 - rate), rtol=1e-6)


def test_bits_are_even_in_every_place() -> None:
    words = np.asarray(hashed_places((SIDE, SIDE), jax.random.key(0)))
    for bit in range(32):
        assert abs(np.mean((words >> np.uint32(bit)) & 1) - 0.5) < 5 * 0.5 / SIDE


def test_masks_of_different_keys_and_neighbouring_places_are_independent() -> None:
    drawn = masks(8).astype(np.float32) - 0.5
    for first in range(8):
        for second in range(first):
            assert abs(np.mean(drawn[first] * drawn[second])) < 0.25 * 5 / SIDE
    for lag in (1, 2, 3, 64, 128, 512):
        assert np.abs(np.mean(drawn[:, :, lag:] * drawn[:, :, :-lag], axis=(1, 2))).max() < 0.25 * 8 / SIDE
        assert np.abs(np.mean(drawn[:, lag:] * drawn[:, :-lag], axis=(1, 2))).max() < 0.25 * 8 / SIDE
