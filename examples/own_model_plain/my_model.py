"""A model of one's own in plain JAX: a residual network of dense layers, with weights as a nest of lists and dicts."""

import math

import jax
import jax.numpy as jnp

WIDTH, BLOCKS, CLASSES = 64, 3, 10


def dense(key, inputs, units):
    return {"w": jax.random.normal(key, (inputs, units)) * math.sqrt(2 / inputs), "b": jnp.zeros(units)}


def init(key, input_shape):
    """Draw the weights. `input_shape` is one example's, without the batch: `(8, 8, 1)` for the digits."""
    first, last, *inner = jax.random.split(key, 2 + BLOCKS)
    return {
        "first": dense(first, math.prod(input_shape), WIDTH),
        "blocks": [dense(block, WIDTH, WIDTH) for block in inner],
        "last": dense(last, WIDTH, CLASSES),
    }


def apply(params, x, *, key, train):
    """Compute `(batch, classes)` from `(batch, *input_shape)`; `key` is another one in every step."""
    x = x.reshape(len(x), -1) @ params["first"]["w"] + params["first"]["b"]
    for block in params["blocks"]:
        x = x + 0.5 * jax.nn.relu(x @ block["w"] + block["b"])
    if train:
        x = jnp.where(jax.random.bernoulli(key, 0.9, x.shape), x / 0.9, 0.0)
    return x @ params["last"]["w"] + params["last"]["b"]


def loss(params, batch, *, key):
    """Give one number an example (optional: without it the job's loss counts). Here: focal cross-entropy."""
    scores = jax.nn.log_softmax(apply(params, batch["x"], key=key, train=True))
    right = jnp.take_along_axis(scores, batch["y"][:, None], axis=1)[:, 0]
    return -((1.0 - jnp.exp(right)) ** 2) * right
