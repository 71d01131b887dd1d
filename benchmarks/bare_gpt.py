"""A small causal language model and its training, written by hand in JAX and optax, without anything of CyxWiz.

The same architecture as the zoo's `gpt`: token and position tables, pre-norm blocks with biases, exact GELU, a last
layer norm and a head without bias. Weights, batches and the rate of every step come from the caller or are drawn here,
from the same distributions. What the engine learns is held against what this learns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from benchmarks.gpt_shape import GptShape

Tokens = npt.NDArray[np.int32]
Params = dict[str, Any]
Attention = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
RELU_GAIN = 2.0


@dataclass(frozen=True, slots=True)
class Course:
    """How it is trained: AdamW with clipping, the rate rising in a line and falling along half a cosine."""

    learning_rate: float
    weight_decay: float
    clip_norm: float
    warmup_steps: int
    steps: int


def initial_params(shape: GptShape, seed: int) -> Params:
    """Draw uniform kernels of variance 1 / fan-in (2 / fan-in in front of the GELU), tables of rows of length 1."""
    rng = np.random.default_rng(seed)
    width = shape.width

    def kernel(rows: int, columns: int, fan_in: int, gain: float = 1.0) -> Any:
        limit = math.sqrt(3.0 * gain / fan_in)
        return jnp.asarray(rng.uniform(-limit, limit, (rows, columns)).astype(np.float32))

    def norm() -> Any:
        return {"scale": jnp.ones(width), "bias": jnp.zeros(width)}

    def dense(rows: int, columns: int, gain: float = 1.0) -> Any:
        return {"kernel": kernel(rows, columns, rows, gain), "bias": jnp.zeros(columns)}

    blocks = [
        {
            "norm": norm(),
            **{name: dense(width, width) for name in ("query", "key", "value", "out")},
            "inner_norm": norm(),
            "inner": dense(width, 4 * width, RELU_GAIN),
            "outer": dense(4 * width, width),
        }
        for _ in range(shape.depth)
    ]
    return {
        "tokens": kernel(shape.vocabulary, width, width),
        "positions": kernel(shape.context, width, width),
        "blocks": blocks,
        "norm": norm(),
        "head": kernel(width, shape.vocabulary, width),
    }


def attention_written_out(query: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
    """Attend causally; `(batch, length, heads, size)` each."""
    length, size = query.shape[1], query.shape[3]
    scores = jnp.einsum("bqhd,bkhd->bhqk", query, key) / math.sqrt(size)
    scores = jnp.where(jnp.tril(jnp.ones((length, length), bool))[None, None], scores, -jnp.inf)
    shares = jax.nn.softmax(scores.astype(jnp.float32), axis=-1).astype(value.dtype)
    return jnp.einsum("bhqk,bkhd->bqhd", shares, value)


def logits_of(
    params: Params, tokens: jax.Array, heads: int, attention: Attention, dtype: Any = jnp.float32
) -> jax.Array:
    """Give `(batch, length, vocabulary)` logits for `(batch, length)` tokens, computing in `dtype`."""
    params = jax.tree.map(lambda array: array.astype(dtype), params)
    batch, length = tokens.shape
    hidden = params["tokens"][tokens] + params["positions"][None, :length]
    for block in params["blocks"]:
        normal = _normalized(hidden, block["norm"])
        parts = [_dense(normal, block[name]).reshape(batch, length, heads, -1) for name in ("query", "key", "value")]
        hidden = hidden + _dense(attention(*parts).reshape(hidden.shape), block["out"])
        inner = jax.nn.gelu(_dense(_normalized(hidden, block["inner_norm"]), block["inner"]), approximate=False)
        hidden = hidden + _dense(inner, block["outer"])
    logits: jax.Array = _normalized(hidden, params["norm"]) @ params["head"]
    return logits


def mean_loss(logits: jax.Array, targets: jax.Array) -> jax.Array:
    """Give the mean cross-entropy of a token, in float32."""
    losses: jax.Array = optax.softmax_cross_entropy_with_integer_labels(logits.astype(jnp.float32), targets)
    return losses.mean()


def trained(shape: GptShape, course: Course, params: Params, batches: Iterable[Tokens]) -> Params:
    """Give what the weights become on batches of rows `(examples, context + 1)`, one update each."""
    optimizer, step = _compiled_step(shape, course)
    state = optimizer.init(params)
    for rows in batches:
        params, state = step(params, state, rows)
    return params


def perplexity(shape: GptShape, params: Params, tokens: Tokens, batch_size: int) -> float:
    """Give e to the mean loss of a token over all rows."""
    loss_of = jax.jit(_loss_of(shape))
    parts = [tokens[start : start + batch_size] for start in range(0, len(tokens), batch_size)]
    total = sum(float(loss_of(params, part)) * len(part) for part in parts)
    return math.exp(total / len(tokens))


@cache
def _compiled_step(shape: GptShape, course: Course) -> tuple[optax.GradientTransformation, Any]:
    optimizer, loss_of = _optimizer(course), _loss_of(shape)

    @jax.jit
    def step(params: Params, state: Any, rows: jax.Array) -> Any:
        updates, state = optimizer.update(jax.grad(loss_of)(params, rows), state, params)
        return optax.apply_updates(params, updates), state

    return optimizer, step


@cache
def _loss_of(shape: GptShape) -> Callable[[Params, jax.Array], jax.Array]:
    def loss_of(params: Params, rows: jax.Array) -> jax.Array:
        return mean_loss(logits_of(params, rows[:, :-1], shape.heads, attention_written_out), rows[:, 1:])

    return loss_of


def timed_steps(
    shape: GptShape, batch_size: int, attention: Attention, dtype: Any, rates: Mapping[str, Any], *, is_loop: bool
) -> tuple[Callable[[int], None], int]:
    """Give what runs so many steps on random tokens and waits for them, and how many numbers are learned.

    Args:
        shape: sizes of the model.
        batch_size: sequences of one step.
        attention: between heads.
        dtype: what is computed in; weights stay float32.
        rates: `learning_rate` and `weight_decay` of AdamW.
        is_loop: whether all steps are one compiled loop, instead of a call each.
    """
    optimizer = optax.adamw(rates["learning_rate"], weight_decay=rates["weight_decay"])
    rows = np.random.default_rng(0).integers(0, shape.vocabulary, (64 * batch_size, shape.context + 1), np.int32)
    held: dict[str, Any] = {"params": initial_params(shape, 0), "rows": jax.device_put(rows)}
    held["state"] = optimizer.init(held["params"])

    def loss_of(params: Params, batch: jax.Array) -> jax.Array:
        return mean_loss(logits_of(params, batch[:, :-1], shape.heads, attention, dtype), batch[:, 1:])

    def one(number: jax.Array, params: Params, state: Any, rows: jax.Array) -> Any:
        batch = jax.lax.dynamic_slice_in_dim(rows, number % 64 * batch_size, batch_size)
        updates, state = optimizer.update(jax.grad(loss_of)(params, batch), state, params)
        return optax.apply_updates(params, updates), state

    def many(steps: jax.Array, params: Params, state: Any, rows: jax.Array) -> Any:
        return jax.lax.fori_loop(0, steps, lambda number, carry: one(number, carry[0], carry[1], rows), (params, state))

    call = jax.jit(many if is_loop else one, donate_argnums=(1, 2))

    def run(steps: int) -> None:
        for number in (steps,) if is_loop else range(steps):
            held["params"], held["state"] = call(jnp.int32(number), held["params"], held["state"], held["rows"])
        jax.block_until_ready(held["params"])  # type: ignore[no-untyped-call]  # JAX leaves it untyped

    return run, sum(leaf.size for leaf in jax.tree.leaves(held["params"]))


def _optimizer(course: Course) -> optax.GradientTransformation:
    peak, rising = course.learning_rate, course.warmup_steps
    rise = optax.linear_schedule(peak / rising, peak, rising - 1)
    rate = optax.join_schedules([rise, optax.cosine_decay_schedule(peak, course.steps - rising)], [rising])
    return optax.chain(optax.clip_by_global_norm(course.clip_norm), optax.adamw(rate, weight_decay=course.weight_decay))


def _dense(values: jax.Array, weights: Params) -> jax.Array:
    shifted: jax.Array = values @ weights["kernel"] + weights["bias"]
    return shifted


def _normalized(values: jax.Array, weights: Params) -> jax.Array:
    exact = values.astype(jnp.float32)
    mean, variance = exact.mean(axis=-1, keepdims=True), exact.var(axis=-1, keepdims=True)
    normal = ((exact - mean) * jax.lax.rsqrt(variance + 1e-5)).astype(values.dtype)
    shifted: jax.Array = normal * weights["scale"] + weights["bias"]
    return shifted
