"""The measure for cold starts: weights drawn by one jitted call, a step by another, as a person would write it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

SHAPES = {
    "mlp": ((784, 256), (256, 128), (128, 10)),
    "cnn": ((3, 3, 1, 32), (3, 3, 32, 64), (3136, 10)),
}
INPUTS = {"mlp": (64, 784), "cnn": (128, 28, 28, 1)}


def first_step(model: str) -> None:
    """Draw, train one step on random data, and wait for it."""
    rng = np.random.default_rng(0)
    inputs = jnp.asarray(rng.standard_normal(INPUTS[model], dtype=np.float32))
    labels = jnp.asarray(rng.integers(0, 10, INPUTS[model][0], dtype=np.int32))
    optimizer = optax.adam(1e-3)

    def draw(key: Any) -> Any:
        initial = jax.nn.initializers.he_normal()
        keys = jax.random.split(key, len(SHAPES[model]))
        return [(initial(key, shape), jnp.zeros(shape[-1])) for key, shape in zip(keys, SHAPES[model], strict=True)]

    def step(params: Any, state: Any) -> Any:
        def loss_of(given: Any) -> Any:
            logits = _outputs(given, inputs)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        loss, gradients = jax.value_and_grad(loss_of)(params)
        updates, new_state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), new_state, loss

    params = jax.jit(draw)(jax.random.key(0))
    jax.block_until_ready(jax.jit(step)(params, optimizer.init(params)))  # type: ignore[no-untyped-call]  # JAX's own


def _outputs(params: Any, values: Any) -> Any:
    for kernel, bias in params[:-1]:
        is_dense = kernel.ndim == 2
        values = jax.nn.relu((values @ kernel if is_dense else _convolved(values, kernel)) + bias)
        values = values if is_dense else _pooled(values)
    kernel, bias = params[-1]
    return values.reshape(len(values), -1) @ kernel + bias


def _convolved(images: Any, kernel: Any) -> Any:
    return jax.lax.conv_general_dilated(images, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def _pooled(images: Any) -> Any:
    batch, height, width, channels = images.shape
    return images.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
