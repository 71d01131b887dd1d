"""One layer by itself: its checked parameters, its weights, and what it gives."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers import LAYERS
from server_node.training.layers.layer import Formulation, LayerContext
from shared.model_definition.graph import ParameterValue, Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.read_parameters import read_parameters


@dataclass(frozen=True, slots=True)
class OneLayer:
    """A layer of one kind for examples of these shapes."""

    kind: str
    parameters: dict[str, ParameterValue]
    input_shapes: tuple[Shape, ...]

    def shape(self) -> Shape:
        """One example's output, by the rule that submission trusts."""
        return KINDS[self.kind].output_shape(self.parameters, self.input_shapes)

    def parameter_count(self) -> int:
        """Trained numbers, by the rule that submission trusts."""
        return KINDS[self.kind].parameter_count(self.parameters, self.input_shapes)

    def weights(self, seed: int = 0, spread: float = 0.2) -> dict[str, Any]:
        """Initial weights, each moved a little so that biases and scales count."""
        drawn, _ = LAYERS[self.kind].init(np.random.default_rng(seed), self.parameters, self.input_shapes)
        rng = np.random.default_rng(seed + 1)
        return {name: value + spread * rng.standard_normal(value.shape, np.float32) for name, value in drawn.items()}

    def inputs(self, batch: int = 3, seed: int = 5) -> tuple[Any, ...]:
        """Random examples."""
        rng = np.random.default_rng(seed)
        return tuple(rng.standard_normal((batch, *shape)).astype(np.float32) for shape in self.input_shapes)

    def apply(
        self,
        weights: Any,
        inputs: Any,
        *,
        training: bool = False,
        formulation: Formulation = Formulation.SLICES,
        key: int = 0,
    ) -> Any:
        """What the layer gives for a batch."""
        layer = LAYERS[self.kind]
        structure = {name: value for name, value in self.parameters.items() if name not in layer.numbers}
        structure |= {f"has_{name}": self.parameters[name] != 0 for name in layer.switches}
        context = LayerContext(
            parameters=structure,
            numbers={name: jnp.float32(self.parameters[name]) for name in layer.numbers},
            is_training=training,
            mask=jnp.ones(inputs[0].shape[0], jnp.float32),
            draw_key=lambda: jax.random.key(key),
            formulation=formulation,
        )
        return layer.apply(weights, {}, inputs, context)[0]

    def applied(self, weights: Any, inputs: Any, **options: Any) -> Any:
        """The same, compiled as one program."""
        return jax.jit(partial(self.apply, **options))(weights, inputs)


def one_layer(kind: str, *input_shapes: Shape, **parameters: Any) -> OneLayer:
    return OneLayer(kind, read_parameters(KINDS[kind], parameters, "layer 0"), input_shapes)
