"""A flax (linen) model: `init` and `apply` are already there, under other names."""

import jax.numpy as jnp
from flax import linen as nn


class Net(nn.Module):
    """A convolution, a dropout and a dense layer for 8×8 images."""

    @nn.compact
    def __call__(self, x, train):
        x = nn.relu(nn.Conv(16, (3, 3))(x))
        x = nn.Dropout(0.1, deterministic=not train)(x.reshape(len(x), -1))
        return nn.Dense(10)(x)


NET = Net()


def init(key, input_shape):
    return NET.init(key, jnp.zeros((1, *input_shape)), train=False)["params"]


def apply(params, x, *, key, train):
    return NET.apply({"params": params}, x, train=train, rngs={"dropout": key})
