"""How far Gaussians with independent numbers are from a unit normal."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def gaussian_divergence(mean: jax.Array, log_variance: jax.Array) -> jax.Array:
    """Give the Kullback-Leibler divergence from a unit normal, summed over an example's numbers, in nats.

    ½ Σ (σ² + μ² − 1 − log σ²), which is minus equation 10 of Kingma and Welling 2014.

    Args:
        mean: `(batch, …)`.
        log_variance: the same shape.

    Returns:
        `(batch,)`.
    """
    terms = jnp.exp(log_variance) + jnp.square(mean) - 1.0 - log_variance
    return 0.5 * jnp.sum(terms.reshape(terms.shape[0], -1), axis=-1)
