"""`cnn`: convolutions with ReLU and pooling between them, then two dense layers."""

from __future__ import annotations

from shared.model_definition.architectures.architecture import (
    CLASSES,
    DROPOUT,
    Architecture,
    count_parameter,
    widths_parameter,
)
from shared.model_definition.architectures.sketch import Sketch
from shared.model_definition.kinds.layer_kind import Parameters
from shared.model_definition.kinds.parameter_access import integer, numbers


def _draw(parameters: Parameters) -> Sketch:
    sketch, last = Sketch(), "input"
    window = integer(parameters, "kernel_size")
    for place, filters in enumerate(numbers(parameters, "filters"), start=1):
        last = sketch.add(f"conv_{place}", "Conv2D", last, filters=filters, kernel_size=window, activation="relu")
        last = sketch.add(f"pool_{place}", "MaxPool2D", last, pool_size=2, stride=2)
    last = sketch.add("flatten", "Flatten", last)
    last = sketch.add("dense", "Dense", last, units=integer(parameters, "units"), activation="relu")
    if parameters["dropout"]:
        last = sketch.add("dropout", "Dropout", last, rate=parameters["dropout"])
    sketch.add("head", "Dense", last, units=integer(parameters, "classes"))
    return sketch


CNN = Architecture(
    "cnn",
    ("convnet",),
    (
        widths_parameter("filters", (16, 32), "channels"),
        count_parameter("kernel_size", 3, "kernel", most=65_536),
        count_parameter("units", 64, "hidden", "hidden_units"),
        CLASSES,
        DROPOUT,
    ),
    _draw,
)
