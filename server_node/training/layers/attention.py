"""Multi-head, self and cross attention: four projections around `attend`."""

from __future__ import annotations

import jax
import numpy as np

from server_node.training.layers.attention_core import Visible, attend
from server_node.training.layers.initial_values import lecun_uniform, zeros
from server_node.training.layers.layer import (
    Applied,
    Arrays,
    FloatArray,
    InitialArrays,
    Layer,
    LayerContext,
    Parameters,
)
from server_node.training.layers.parameters import flag, integer
from server_node.training.layers.random_zeros import dropped_in_training
from server_node.training.layers.rows import as_rows, projected
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.attention import attention_width

PROJECTIONS = ("query", "key", "value")


def init_projections(
    rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]
) -> InitialArrays:
    """Draw `query_`, `key_`, `value_` and `output_kernel`, each `(arriving, embed_dim)`, and biases of zeros."""
    return draw_projections(
        rng,
        tuple(shape[-1] for shape in input_shapes[:3]),
        attention_width(parameters, input_shapes[0]),
        has_bias=flag(parameters, "use_bias"),
    ), {}


def draw_projections(
    rng: np.random.Generator, arriving: tuple[int, ...], width: int, *, has_bias: bool
) -> dict[str, FloatArray]:
    """Draw the four projections of one attention; what does not arrive is the one before it."""
    widths = (*arriving, *[arriving[-1]] * (len(PROJECTIONS) - len(arriving)), width)
    weights: dict[str, FloatArray] = {}
    for name, features in zip((*PROJECTIONS, "output"), widths, strict=True):
        weights[f"{name}_kernel"] = lecun_uniform(rng, (features, width), features)
        if has_bias:
            weights[f"{name}_bias"] = zeros((width,))
    return weights


def projections(
    weights: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Project query, key and value, and split them into heads: `(batch, positions, heads, size)` each."""
    heads = integer(context.parameters, "num_heads")
    sources = (*inputs, *[inputs[-1]] * (len(PROJECTIONS) - len(inputs)))
    query, key, value = (
        in_heads(projected(as_rows(source), weights, name), source.shape[1], heads)
        for name, source in zip(PROJECTIONS, sources, strict=True)
    )
    return query, key, value


def in_heads(rows: jax.Array, length: int, heads: int) -> jax.Array:
    """Split rows `(batch · length, width)` into `(batch, length, heads, size)`."""
    return rows.reshape(-1, length, heads, rows.shape[-1] // heads)


def _apply(weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Map a query `(batch, queries, width)`, and key, value, mask where linked, to `(batch, queries, embed_dim)`."""
    query, key, value = projections(weights, inputs[: len(PROJECTIONS)], context)
    mask = inputs[-1] if len(inputs) > len(PROJECTIONS) else None
    visible = Visible(mask, is_causal=flag(context.parameters, "causal"))
    drops = context.is_training and flag(context.parameters, "has_dropout")
    drop = (lambda shares: dropped_in_training(shares, context, 0)) if drops else None
    attended = attend(query, key, value, visible, drop, context.formulation)
    outputs = projected(attended.reshape(-1, query.shape[2] * query.shape[3]), weights, "output")
    return outputs.reshape(*query.shape[:2], outputs.shape[-1]), {}


ATTENTION = Layer(init=init_projections, apply=_apply, numbers=("dropout",), switches=("dropout",))
