"""Dense: every output is a weighted sum of all inputs, plus a bias, through an activation."""

from __future__ import annotations

import jax
import numpy as np

from server_node.training.layers.activations import activate
from server_node.training.layers.initial_values import RECTIFIERS, he_uniform, lecun_uniform, zeros
from server_node.training.layers.layer import Applied, Arrays, InitialArrays, Layer, LayerContext, Parameters
from server_node.training.layers.parameters import flag, integer, word
from server_node.training.layers.rows import multiplied
from shared.model_definition.graph import Shape


def init(rng: np.random.Generator, parameters: Parameters, input_shapes: tuple[Shape, ...]) -> InitialArrays:
    """Draw a kernel `(features, units)` and, unless `use_bias` is false, a bias `(units,)` of zeros."""
    features, units = input_shapes[0][-1], integer(parameters, "units")
    draw = he_uniform if word(parameters, "activation") in RECTIFIERS else lecun_uniform
    weights = {"kernel": draw(rng, (features, units), features)}
    if flag(parameters, "use_bias"):
        weights["bias"] = zeros((units,))
    return weights, {}


def apply(weights: Arrays, _statistics: Arrays, inputs: tuple[jax.Array, ...], context: LayerContext) -> Applied:
    """Map `(batch, …, features)` to `(batch, …, units)`; leading axes are one axis to the matrix product."""
    rows = inputs[0].reshape(-1, inputs[0].shape[-1])
    outputs = multiplied(rows, weights["kernel"], context.formulation)
    if "bias" in weights:
        outputs = outputs + weights["bias"][None, :]
    outputs = activate(word(context.parameters, "activation"), outputs)
    return outputs.reshape(*inputs[0].shape[:-1], outputs.shape[-1]), {}


DENSE = Layer(init=init, apply=apply)
