"""Layers that nothing feeds: the same numbers for every example, learned or not."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers.initial_values import ones, zeros
from server_node.training.layers.layer import (
    Applied,
    Arrays,
    InitialArrays,
    Layer,
    LayerContext,
    Parameters,
    no_weights,
)
from server_node.training.layers.parameters import word
from shared.errors import OurBug
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.sources import source_shape

STANDARD_DEVIATION = np.float32(0.02)


def _init_parameter(rng: np.random.Generator, parameters: Parameters, _shapes: tuple[Shape, ...]) -> InitialArrays:
    shape = source_shape(parameters)
    match word(parameters, "init"):
        case "normal":
            return {"value": rng.standard_normal(shape, dtype=np.float32) * STANDARD_DEVIATION}, {}
        case "zeros":
            return {"value": zeros(shape)}, {}
        case "ones":
            return {"value": ones(shape)}, {}
        case other:
            raise OurBug(f"init of a parameter was checked, got {other!r}")


def _apply_parameter(
    weights: Arrays, _statistics: Arrays, _inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    value = weights["value"]
    return jnp.broadcast_to(value[None], (context.mask.shape[0], *value.shape)), {}


def _apply_constant(
    _weights: Arrays, _statistics: Arrays, _inputs: tuple[jax.Array, ...], context: LayerContext
) -> Applied:
    return jnp.broadcast_to(context.numbers["value"], (context.mask.shape[0], *source_shape(context.parameters))), {}


PARAMETER = Layer(init=_init_parameter, apply=_apply_parameter)
CONSTANT = Layer(init=no_weights, apply=_apply_constant, numbers=("value",))
