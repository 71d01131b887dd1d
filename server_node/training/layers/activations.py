"""The activation functions, as layers of their own and as the `activation` of dense and convolution.

Each is a function of one array; slopes and alphas are plain numbers of the layer.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from server_node.training.layers.layer import Applied, Arrays, Layer, LayerContext, no_weights

Activation = Callable[[jax.Array], jax.Array]


def identity(values: jax.Array) -> jax.Array:
    """Change nothing: what `linear` means."""
    return values


def mish(values: jax.Array) -> jax.Array:
    """Give x·tanh(softplus(x)) (Misra 2019)."""
    return values * jnp.tanh(jax.nn.softplus(values))


def softmax(values: jax.Array) -> jax.Array:
    """Give probabilities over the last axis."""
    return jax.nn.softmax(values, axis=-1)


def exact_gelu(values: jax.Array) -> jax.Array:
    """Give x·Φ(x) with the error function, not the tanh approximation (Hendrycks and Gimpel 2016)."""
    return jax.nn.gelu(values, approximate=False)


def leaky_relu(values: jax.Array) -> jax.Array:
    """Give x where positive and 0.01·x elsewhere: the form used as an `activation`, without a slope of its own."""
    return jnp.where(values >= 0, values, 0.01 * values)


ACTIVATIONS: dict[str, Activation] = {
    "linear": identity,
    "relu": jax.nn.relu,
    "leaky_relu": leaky_relu,
    "elu": jax.nn.elu,
    "selu": jax.nn.selu,
    "gelu": exact_gelu,
    "swish": jax.nn.silu,
    "mish": mish,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softmax": softmax,
}
"""By canonical name; the empty word means `linear`."""


def activate(name: str, values: jax.Array) -> jax.Array:
    """Apply the named activation; the empty name changes nothing."""
    return ACTIVATIONS[name or "linear"](values)


def activation_layer(function: Activation) -> Layer:
    """Make a layer of an activation without parameters."""

    def apply(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext) -> Applied:
        return function(inputs[0]), {}

    return Layer(init=no_weights, apply=apply)


def _apply_leaky_relu(
    _weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    slope = context.numbers["negative_slope"]
    return jnp.where(inputs[0] >= 0, inputs[0], slope * inputs[0]), {}


def _apply_elu(_weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    return jax.nn.elu(inputs[0], alpha=context.numbers["alpha"]), {}


LEAKY_RELU = Layer(init=no_weights, apply=_apply_leaky_relu, numbers=("negative_slope",))
ELU = Layer(init=no_weights, apply=_apply_elu, numbers=("alpha",))
