"""`gaussian_sample`: in training a draw from a Gaussian whose mean and log variance two layers give; else the mean.

The reparameterisation of Kingma and Welling 2014: mean + exp(log variance / 2) · noise, noise from a unit normal.
"""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters


def _output_shape(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    mean, log_variance = input_shapes
    if mean != log_variance:
        raise InvalidField(f"takes a mean and a log variance of one shape, got {mean} and {log_variance}")
    return mean


GAUSSIAN_SAMPLE = LayerKind(
    "gaussian_sample",
    ("sampling", "sample", "reparameterize", "reparameterization", "reparametrize", "gaussian_sampling", "z_sampling"),
    None,
    (),
    _output_shape,
    least_inputs=2,
    most_inputs=2,
)
