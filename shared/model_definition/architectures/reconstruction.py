"""`autoencoder`: dense layers down to a code and up again, to the shape that came in."""

from __future__ import annotations

import math

from shared.model_definition.architectures.architecture import Architecture, count_parameter, widths_parameter
from shared.model_definition.architectures.sketch import Sketch
from shared.model_definition.kinds.layer_kind import Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import integer, numbers


def _draw(parameters: Parameters) -> Sketch:
    sketch, shape = Sketch(), numbers(parameters, "input_shape")
    hidden = numbers(parameters, "hidden_layers")
    last = sketch.add("flatten", "Flatten", "input")
    for place, units in enumerate(hidden, start=1):
        last = sketch.add(f"encoder_{place}", "Dense", last, units=units, activation="relu")
    last = sketch.add("code", "Dense", last, units=integer(parameters, "code"))
    for place, units in enumerate(reversed(hidden), start=1):
        last = sketch.add(f"decoder_{place}", "Dense", last, units=units, activation="relu")
    last = sketch.add("reconstruction", "Dense", last, units=math.prod(shape))
    if len(shape) > 1:
        sketch.add("output", "TensorReshape", last, shape=[-1, *shape])
    return sketch


def _not_supported(parameters: Parameters) -> str:
    if parameters["input_shape"] is None:
        return "needs input_shape, the shape of one example, such as [28, 28, 1]: it gives back what it takes"
    return ""


AUTOENCODER = Architecture(
    "autoencoder",
    ("ae",),
    (
        ParameterSpec(
            "input_shape", ParameterType.SHAPE, None, minimum=1, maximum=2**31 - 1, aliases=("input_size", "shape")
        ),
        widths_parameter("hidden_layers", (128,), "hidden"),
        count_parameter("code", 16, "latent_dim", "code_size", "bottleneck"),
    ),
    _draw,
    _not_supported,
)
