"""What only GPUs are given, held against the forms that CPUs are given.

The kernel itself runs only where a GPU is: `JAX_PLATFORMS=cuda make test`.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.layers.attention_core import Visible, attend
from server_node.training.layers.fused_attention import fits_kernel, fused_attention, has_kernel
from server_node.training.layers.layer import Formulation
from server_node.training.layers.rows import multiplied


@dataclass(frozen=True)
class Card:
    """As much of JAX's device as is looked at."""

    compute_capability: str


def drawn(*shape: int) -> jax.Array:
    values = np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)
    return jnp.asarray(values).astype(jnp.bfloat16)


@pytest.mark.skipif(not has_kernel(jax.devices()[0]), reason="needs a GPU from Ampere on")
@pytest.mark.parametrize("is_causal", [True, False])
def test_attention_in_one_kernel_has_the_values_and_gradients_of_the_written_out(is_causal: bool) -> None:
    parts = [drawn(2, 256, 3, 64) * scale for scale in (1.0, 0.5, 0.25)]

    def fused(query: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
        return fused_attention(query, key, value, is_causal=is_causal).astype(jnp.float32)

    def written(query: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
        visible = Visible(is_causal=is_causal)
        return attend(query, key, value, visible, None, Formulation.SLICES).astype(jnp.float32)

    found, gradients = jax.vjp(fused, *parts)
    expected, expected_gradients = jax.vjp(written, *parts)
    np.testing.assert_allclose(found, expected, atol=0.02)
    for one, other in zip(gradients(expected), expected_gradients(expected), strict=True):
        np.testing.assert_allclose(one.astype(jnp.float32), other.astype(jnp.float32), atol=0.05)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((2, 128, 4, 64), jnp.float32), ((2, 100, 4, 64), jnp.bfloat16), ((2, 128, 4, 40), jnp.bfloat16)],
)
def test_the_kernel_is_not_asked_for_what_it_does_not_take(shape: tuple[int, ...], dtype: jnp.dtype) -> None:
    query = jnp.zeros(shape, dtype)
    assert not fits_kernel(query, query)


def test_the_kernel_is_for_cards_from_ampere_on() -> None:
    assert has_kernel(Card("9.0"))
    assert has_kernel(Card("12.0"))
    assert not has_kernel(Card("7.5"))
    assert not has_kernel(Card(""))


@pytest.mark.parametrize("units", [1024, 1025, 1030])
def test_a_product_filled_up_for_a_gpu_is_the_product(units: int) -> None:
    rows, kernel = drawn(3, 16), drawn(16, units)
    found = multiplied(rows, kernel, Formulation.FUSED_ATTENTION)
    assert found.shape == (3, units)
    np.testing.assert_array_equal(found, multiplied(rows, kernel, Formulation.SLICES))
