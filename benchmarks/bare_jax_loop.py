"""The measure that training is held against: a bare JAX loop written by hand, without anything of CyxWiz.

Two models, an MLP and a small CNN, each in the ways a person would write them: one jitted step a call, or a compiled
loop over a whole epoch; convolution stock or as slices and one matrix product. The best of these counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

Params = list[tuple[Any, Any]]
Forward = Callable[[Params, Any], Any]


@dataclass(frozen=True, slots=True)
class Workload:
    """What is trained: data, model, batch size; Adam at 0.001, cross-entropy."""

    name: str
    images: np.ndarray[Any, np.dtype[np.float32]]
    labels: np.ndarray[Any, np.dtype[np.int32]]
    batch_size: int
    kernel_shapes: tuple[tuple[int, ...], ...]
    forwards: tuple[Forward, ...]


def mlp(params: Params, images: Any) -> Any:
    """Apply dense layers with ReLU between them."""
    values = images.reshape(images.shape[0], -1)
    for kernel, bias in params[:-1]:
        values = jax.nn.relu(values @ kernel + bias)
    kernel, bias = params[-1]
    return values @ kernel + bias


def cnn(params: Params, images: Any, convolve: Callable[[Any, Any], Any]) -> Any:
    """Apply convolution, 2×2 maximum, convolution, dense."""
    (k1, b1), (k2, b2), (k3, b3) = params
    values = jax.nn.relu(convolve(images, k1) + b1)
    batch, height, width, channels = values.shape
    values = values.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
    values = jax.nn.relu(convolve(values, k2) + b2)
    return values.reshape(batch, -1) @ k3 + b3


def stock_convolution(images: Any, kernel: Any) -> Any:
    """Convolve as XLA does it."""
    return jax.lax.conv_general_dilated(images, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def sliced_convolution(images: Any, kernel: Any) -> Any:
    """Convolve 3×3 as nine shifted slices and one matrix product."""
    height, width = images.shape[1:3]
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    slices = [padded[:, i : i + height, j : j + width, :] for i in range(3) for j in range(3)]
    return jnp.concatenate(slices, axis=-1) @ kernel.reshape(-1, kernel.shape[-1])


def best_bare_loop(workload: Workload, epochs: int) -> Callable[[], float]:
    """Try every way once and give the quickest, as a function that trains again and tells samples per second."""
    ways = [
        way(workload, forward, epochs) for forward in workload.forwards for way in (_one_step_a_call, _one_epoch_a_call)
    ]
    for way in ways:
        way()
    rates = [way() for way in ways]
    return ways[int(np.argmax(rates))]


def _step(forward: Forward, optimizer: Any, params: Params, state: Any, images: Any, labels: Any) -> Any:
    def loss_of(given: Params) -> Any:
        logits = forward(given, images)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, gradients = jax.value_and_grad(loss_of)(params)
    updates, state = optimizer.update(gradients, state, params)
    return optax.apply_updates(params, updates), state, loss


def _one_step_a_call(workload: Workload, forward: Forward, epochs: int) -> Callable[[], float]:
    optimizer = optax.adam(1e-3)
    images, labels = jax.device_put((workload.images, workload.labels))

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params: Params, state: Any, indices: Any) -> Any:
        return _step(forward, optimizer, params, state, images[indices], labels[indices])

    def train() -> float:
        params, rng = _initial(workload), np.random.default_rng(0)
        state, loss = optimizer.init(params), None
        started = time.perf_counter()
        for _ in range(epochs):
            for indices in _batches(workload, rng):
                params, state, loss = step(params, state, indices)
        jax.block_until_ready(loss)  # type: ignore[no-untyped-call]  # JAX leaves it untyped
        return _rate(workload, epochs, time.perf_counter() - started)

    return train


def _one_epoch_a_call(workload: Workload, forward: Forward, epochs: int) -> Callable[[], float]:
    optimizer = optax.adam(1e-3)
    images, labels = jax.device_put((workload.images, workload.labels))

    @partial(jax.jit, donate_argnums=(0, 1))
    def epoch(params: Params, state: Any, order: Any) -> Any:
        def body(index: Any, carry: Any) -> Any:
            given, moments, _ = carry
            return _step(forward, optimizer, given, moments, images[order[index]], labels[order[index]])

        return jax.lax.fori_loop(0, order.shape[0], body, (params, state, jnp.float32(0)))

    def train() -> float:
        params, rng = _initial(workload), np.random.default_rng(0)
        state, loss = optimizer.init(params), None
        started = time.perf_counter()
        for _ in range(epochs):
            params, state, loss = epoch(params, state, _batches(workload, rng))
        jax.block_until_ready(loss)  # type: ignore[no-untyped-call]  # JAX leaves it untyped
        return _rate(workload, epochs, time.perf_counter() - started)

    return train


def _batches(workload: Workload, rng: np.random.Generator) -> Any:
    order = rng.permutation(workload.labels.size).astype(np.int32)
    whole = order.size // workload.batch_size * workload.batch_size
    return order[:whole].reshape(-1, workload.batch_size)


def _rate(workload: Workload, epochs: int, seconds: float) -> float:
    batches = workload.labels.size // workload.batch_size
    return batches * workload.batch_size * epochs / seconds


def _initial(workload: Workload) -> Params:
    rng = np.random.default_rng(1)
    return [
        (
            jnp.asarray(rng.normal(0, np.sqrt(2 / np.prod(shape[:-1])), shape).astype(np.float32)),
            jnp.zeros((shape[-1],), jnp.float32),
        )
        for shape in workload.kernel_shapes
    ]


SLICED_CNN: Forward = partial(cnn, convolve=sliced_convolution)
STOCK_CNN: Forward = partial(cnn, convolve=stock_convolution)
