"""`mlp`: dense layers with an activation between them."""

from __future__ import annotations

from shared.model_definition.architectures.architecture import CLASSES, DROPOUT, Architecture, widths_parameter
from shared.model_definition.architectures.sketch import Sketch
from shared.model_definition.kinds.activations import activation_parameter
from shared.model_definition.kinds.layer_kind import Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import integer, numbers, word

_ACTIVATION = activation_parameter()
_RELU = ParameterSpec(
    "activation",
    ParameterType.CHOICE,
    "relu",
    choices=_ACTIVATION.choices,
    choice_aliases=_ACTIVATION.choice_aliases,
)


def _draw(parameters: Parameters) -> Sketch:
    sketch, last = Sketch(), "input"
    for place, units in enumerate(numbers(parameters, "hidden_layers"), start=1):
        last = sketch.add(f"dense_{place}", "Dense", last, units=units, activation=word(parameters, "activation"))
        if parameters["dropout"]:
            last = sketch.add(f"dropout_{place}", "Dropout", last, rate=parameters["dropout"])
    sketch.add("head", "Dense", last, units=integer(parameters, "classes"))
    return sketch


MLP = Architecture(
    "mlp",
    ("multilayer_perceptron",),
    (widths_parameter("hidden_layers", (128,), "hidden"), CLASSES, _RELU, DROPOUT),
    _draw,
)
