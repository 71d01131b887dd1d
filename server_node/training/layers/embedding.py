"""Embedding: every token is replaced by the row of a learned table that it names."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.initial_values import lecun_uniform
from server_node.training.layers.layer import Applied, Arrays, InitialArrays, Layer, LayerContext, Parameters
from server_node.training.layers.parameters import integer
from shared.model_definition.graph import Shape


def init(rng: np.random.Generator, parameters: Parameters, _input_shapes: tuple[Shape, ...]) -> InitialArrays:
    """Draw a table `(vocab_size, embedding_dim)` whose rows have a length of about 1."""
    size, width = integer(parameters, "vocab_size"), integer(parameters, "embedding_dim")
    return {"table": lecun_uniform(rng, (size, width), width)}, {}


def apply(weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], _context: LayerContext) -> Applied:
    """Map tokens `(batch, …)`, int32 or whole float32, to `(batch, …, embedding_dim)`.

    A token beyond the table becomes NaN, so that the loss shows it: it is never taken for another token.
    """
    tokens = inputs[0].astype(jnp.int32)
    tokens = jnp.where(tokens < 0, weights["table"].shape[0], tokens)
    return weights["table"].at[tokens].get(mode="fill", fill_value=jnp.nan), {}


EMBEDDING = Layer(init=init, apply=apply)
