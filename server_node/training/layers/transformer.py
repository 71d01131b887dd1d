"""Transformer encoder and decoder: pre-norm blocks over rows `(batch · length, width)`.

Few blocks are written out one behind the other; many are one compiled block in a loop, so that compiling stays short.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.activations import activate
from server_node.training.layers.attention import draw_projections, in_heads
from server_node.training.layers.attention_core import EVERYTHING, Visible, attend
from server_node.training.layers.initial_values import he_uniform, lecun_uniform, ones, zeros
from server_node.training.layers.layer import (
    Applied,
    Arrays,
    FloatArray,
    InitialArrays,
    Layer,
    LayerContext,
    Parameters,
)
from server_node.training.layers.parameters import flag, integer, word
from server_node.training.layers.random_zeros import dropped
from server_node.training.layers.rows import as_rows, kept_apart, normalized, projected
from shared.model_definition.graph import Shape

MOST_WRITTEN_OUT = 24
"""Measured on a CPU: a loop takes a quarter longer a step, and of twelve blocks compiles only a tenth faster."""


def _init(
    rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...], *, looks_at_memory: bool
) -> InitialArrays:
    weights: dict[str, FloatArray] = {}
    for block in range(integer(parameters, "num_layers")):
        drawn = _draw_block(rng, parameters, input_shapes[0][-1], looks_at_memory=looks_at_memory)
        weights |= {f"block_{block}.{name}": array for name, array in drawn.items()}
    return weights, {}


def _draw_block(
    rng: np.random.Generator, parameters: Parameters, width: int, *, looks_at_memory: bool
) -> dict[str, FloatArray]:
    inner = integer(parameters, "ff_dim")
    weights = _draw_attention(rng, "attention", width)
    if looks_at_memory:
        weights |= _draw_attention(rng, "memory", width)
    weights |= {
        "feed_forward_norm_scale": ones((width,)),
        "feed_forward_norm_bias": zeros((width,)),
        "inner_kernel": he_uniform(rng, (width, inner), width),
        "inner_bias": zeros((inner,)),
        "outer_kernel": lecun_uniform(rng, (inner, width), inner),
        "outer_bias": zeros((width,)),
    }
    return weights


def _draw_attention(rng: np.random.Generator, part: str, width: int) -> dict[str, FloatArray]:
    drawn = draw_projections(rng, (width,), width, has_bias=True)
    norm = {f"{part}_norm_scale": ones((width,)), f"{part}_norm_bias": zeros((width,))}
    return norm | {f"{part}_{name}": array for name, array in drawn.items()}


class _Blocks:
    """What all blocks of one layer share, and the block itself."""

    def __init__(
        self, context: LayerContext, inputs: tuple[jax.Array, ...], visible: Visible, memory: jax.Array | None
    ) -> None:
        self._context = context
        self._length = inputs[0].shape[1]
        self._heads = integer(context.parameters, "num_heads")
        self._visible = visible
        self._memory = memory
        self._drops = context.is_training and flag(context.parameters, "has_dropout")

    def block(self, rows: jax.Array, weights: Arrays, number: jax.Array | int) -> jax.Array:
        """Apply one block to `(batch · length, width)`."""
        rows = rows + self._dropped(self._attended(rows, weights, number), number, 0)
        if self._memory is not None:
            rows = rows + self._dropped(self._looked_up(rows, self._memory, weights, number), number, 1)
        return rows + self._dropped(self._fed_forward(rows, weights, number), number, 2)

    def _attended(self, rows: jax.Array, weights: Arrays, number: jax.Array | int) -> jax.Array:
        own = kept_apart(normalized(rows, weights, "attention_norm"), self._context.formulation)
        return self._attention(own, own, self._length, weights, "attention", number, 3)

    def _looked_up(self, rows: jax.Array, memory: jax.Array, weights: Arrays, number: jax.Array | int) -> jax.Array:
        own = kept_apart(normalized(rows, weights, "memory_norm"), self._context.formulation)
        return self._attention(own, as_rows(memory), memory.shape[1], weights, "memory", number, 4)

    def _attention(
        self,
        own: jax.Array,
        others: jax.Array,
        length: int,
        weights: Arrays,
        part: str,
        number: jax.Array | int,
        place: int,
    ) -> jax.Array:
        query = in_heads(projected(own, weights, f"{part}_query"), self._length, self._heads)
        key = in_heads(projected(others, weights, f"{part}_key"), length, self._heads)
        value = in_heads(projected(others, weights, f"{part}_value"), length, self._heads)
        attended = attend(
            query,
            key,
            value,
            self._visible if part == "attention" else EVERYTHING,
            (lambda shares: self._dropped(shares, number, place)) if self._drops else None,
            self._context.formulation,
        )
        return projected(attended.reshape(own.shape), weights, f"{part}_output")

    def _fed_forward(self, rows: jax.Array, weights: Arrays, number: jax.Array | int) -> jax.Array:
        context = self._context
        own = kept_apart(normalized(rows, weights, "feed_forward_norm"), context.formulation)
        inner = activate(word(context.parameters, "activation"), projected(own, weights, "inner"))
        inner = self._dropped(kept_apart(inner, context.formulation), number, 5)
        return projected(inner, weights, "outer")

    def _dropped(self, values: jax.Array, number: jax.Array | int, place: int) -> jax.Array:
        if not self._drops:
            return values
        key = jax.random.fold_in(jax.random.fold_in(self._context.draw_key(), number), place)
        return dropped(values, self._context.numbers["dropout"], key)


def _run(blocks: _Blocks, weights: Arrays, inputs: tuple[jax.Array, ...], count: int) -> jax.Array:
    rows = as_rows(inputs[0])
    per_block = [_block_weights(weights, block) for block in range(count)]
    if count <= MOST_WRITTEN_OUT:
        for number, own in enumerate(per_block):
            rows = blocks.block(rows, own, number)
        return rows.reshape(inputs[0].shape)
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *per_block)

    def one(carried: jax.Array, numbered: tuple[Arrays, jax.Array]) -> tuple[jax.Array, None]:
        return blocks.block(carried, *numbered), None

    rows, _ = jax.lax.scan(one, rows, (stacked, jnp.arange(count, dtype=jnp.int32)))
    return rows.reshape(inputs[0].shape)


def _block_weights(weights: Arrays, block: int) -> dict[str, jax.Array]:
    prefix = f"block_{block}."
    return {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}


def _init_encoder(rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> InitialArrays:
    return _init(rng, parameters, input_shapes, looks_at_memory=False)


def _init_decoder(rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> InitialArrays:
    return _init(rng, parameters, input_shapes, looks_at_memory=len(input_shapes) > 1)


def _apply_encoder(
    weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    mask = inputs[1] if len(inputs) > 1 else None
    visible = Visible(mask, is_causal=flag(context.parameters, "causal", default=False))
    blocks = _Blocks(context, inputs, visible, None)
    return _run(blocks, weights, inputs, integer(context.parameters, "num_layers")), {}


def _apply_decoder(
    weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    memory = inputs[1] if len(inputs) > 1 else None
    blocks = _Blocks(context, inputs, Visible(is_causal=True), memory)
    return _run(blocks, weights, inputs, integer(context.parameters, "num_layers")), {}


TRANSFORMER_ENCODER = Layer(init=_init_encoder, apply=_apply_encoder, numbers=("dropout",), switches=("dropout",))
TRANSFORMER_DECODER = Layer(init=_init_decoder, apply=_apply_decoder, numbers=("dropout",), switches=("dropout",))
