"""One layer with its weights drawn, run without a model around it."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers import LAYERS
from server_node.training.layers.layer import Formulation, LayerContext
from shared.model_definition.graph import Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.read_parameters import read_parameters

BATCH = 3


@dataclass(frozen=True)
class DrawnLayer:
    """A layer with its weights, for inputs of these shapes."""

    kind: str
    parameters: dict[str, Any]
    shapes: tuple[Shape, ...]
    weights: Any
    statistics: Any

    @property
    def output_shape(self) -> Shape:
        return KINDS[self.kind].output_shape(self.parameters, self.shapes)

    @property
    def parameter_count(self) -> int:
        return KINDS[self.kind].parameter_count(self.parameters, self.shapes)

    def inputs(self, seed: int = 0) -> tuple[Any, ...]:
        rng = np.random.default_rng(seed)
        return tuple(jnp.asarray(rng.normal(size=(BATCH, *shape)).astype(np.float32)) for shape in self.shapes)

    def apply(self, *inputs: Any, weights: Any = None, formulation: Formulation = Formulation.SLICES) -> Any:
        layer = LAYERS[self.kind]
        context = LayerContext(
            parameters={name: value for name, value in self.parameters.items() if name not in layer.numbers},
            numbers={name: jnp.float32(self.parameters[name]) for name in layer.numbers},
            is_training=True,
            mask=jnp.ones((BATCH,), jnp.float32),
            draw_key=lambda: jax.random.key(0),
            formulation=formulation,
        )
        given = self.weights if weights is None else weights
        return layer.apply(given, self.statistics, tuple(inputs), context)[0]


def a_layer(kind: str, *shapes: Shape, **written: Any) -> DrawnLayer:
    """The layer that a definition would make of what is written."""
    parameters = read_parameters(KINDS[kind], written, "layer 0")
    structure = {name: value for name, value in parameters.items() if name not in LAYERS[kind].numbers}
    weights, statistics = LAYERS[kind].init(np.random.default_rng(5), structure, shapes)
    as_arrays = {name: jnp.asarray(array) for name, array in weights.items()}
    return DrawnLayer(kind, parameters, shapes, as_arrays, {name: jnp.asarray(a) for name, a in statistics.items()})
