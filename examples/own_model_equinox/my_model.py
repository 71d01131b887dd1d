"""An equinox model: its arrays are the weights, the rest of it stays in this module."""

import equinox as eqx
import jax
import jax.numpy as jnp


class Net(eqx.Module):
    """A convolution, a dropout and a dense layer for 8×8 images."""

    convolution: eqx.nn.Conv2d
    dropout: eqx.nn.Dropout
    dense: eqx.nn.Linear

    def __init__(self, key):
        first, second = jax.random.split(key)
        self.convolution = eqx.nn.Conv2d(1, 16, kernel_size=3, padding=1, key=first)
        self.dropout = eqx.nn.Dropout(0.1)
        self.dense = eqx.nn.Linear(16 * 8 * 8, 10, key=second)

    def __call__(self, image, key, inference):
        x = jax.nn.relu(self.convolution(jnp.moveaxis(image, -1, 0)))
        return self.dense(self.dropout(x.reshape(-1), key=key, inference=inference))


_, STATIC = eqx.partition(Net(jax.random.key(0)), eqx.is_inexact_array)


def init(key, input_shape):
    params, _ = eqx.partition(Net(key), eqx.is_inexact_array)
    return params


def apply(params, x, *, key, train):
    net = eqx.combine(params, STATIC)
    return jax.vmap(lambda image, key: net(image, key, not train))(x, jax.random.split(key, len(x)))
