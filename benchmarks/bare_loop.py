"""A bare JAX loop written by hand on the works of `workloads`: every formulation, one step a call and compiled chunks.

Imports nothing of CyxWiz's own parts. `python -m benchmarks.bare_loop mlp` is a child of `rounds`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.bare_models import FORWARDS, SHAPES, Forward, drawn
from benchmarks.rounds import Pace, Stopwatch, Way, serve_ways
from benchmarks.workloads import LEARNING_RATE, Workload, make_workload, shuffled_batches

Epoch = Callable[[Any, Any, Any], tuple[Any, Any, Any]]
"""From parameters, optimizer state and `(batches, batch)` indices to both afterwards and the last loss."""


def bare_ways(workload: Workload) -> dict[str, Way]:
    """Give every way to train this work."""
    return {
        f"{formulation}, {kind}": _way(workload, make(workload, forward))
        for formulation, forward in FORWARDS[workload.name].items()
        for kind, make in (("a step a call", _step_a_call), ("compiled chunk", _compiled_chunk))
    }


def _way(workload: Workload, epoch: Epoch) -> Way:
    def train() -> Pace:
        params, rng = drawn(SHAPES[workload.name]), np.random.default_rng(2)
        state, loss = optax.adam(LEARNING_RATE).init(params), None
        orders = [shuffled_batches(workload, rng) for _ in range(workload.epochs)]
        watch = Stopwatch()
        for order in orders:
            params, state, loss = epoch(params, state, order)
        jax.block_until_ready(loss)  # type: ignore[no-untyped-call]  # JAX leaves it untyped
        return watch.pace(workload.samples_a_round)

    return train


def _step_a_call(workload: Workload, forward: Forward) -> Epoch:
    inputs, labels = jax.device_put((workload.inputs, workload.labels))

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params: Any, state: Any, chosen: Any) -> Any:
        return _step(forward, params, state, inputs[chosen], labels[chosen])

    def epoch(params: Any, state: Any, order: Any) -> tuple[Any, Any, Any]:
        loss = None
        for chosen in order:
            params, state, loss = step(params, state, chosen)
        return params, state, loss

    return epoch


def _compiled_chunk(workload: Workload, forward: Forward) -> Epoch:
    inputs, labels = jax.device_put((workload.inputs, workload.labels))

    @partial(jax.jit, donate_argnums=(0, 1))
    def epoch(params: Any, state: Any, order: Any) -> Any:
        def body(carry: Any, chosen: Any) -> Any:
            new_params, new_state, loss = _step(forward, carry[0], carry[1], inputs[chosen], labels[chosen])
            return (new_params, new_state), loss

        (params, state), losses = jax.lax.scan(body, (params, state), order)
        return params, state, losses[-1]

    return epoch


def _step(forward: Forward, params: Any, state: Any, inputs: Any, labels: Any) -> Any:
    def loss_of(given: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(forward(given, inputs), labels).mean()

    loss, gradients = jax.value_and_grad(loss_of)(params)
    updates, state = optax.adam(LEARNING_RATE).update(gradients, state, params)
    return optax.apply_updates(params, updates), state, jnp.asarray(loss)


if __name__ == "__main__":
    serve_ways(bare_ways(make_workload(sys.argv[1])))
