"""Networks with drawn weights, what our engine predicts with them, and what onnxruntime makes of an ONNX model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]  # it ships no types

from server_node.training.layers.layer import Formulation
from server_node.training.models.network import (
    Moment,
    Network,
    apply_network,
    initial_weights,
    layer_numbers,
    network_from_graph,
    weight_names,
)
from server_node.training.results.training_result import _layers
from shared.hyperparameter_names import Loss
from shared.model_definition.example_shape import example_shape
from shared.model_definition.fuse import fuse_final_activation
from shared.model_definition.graph import Shape
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.parse import parse_model_definition
from shared.model_definition.shapes import infer_shapes

TOLERANCE = 1e-5


class Drawn(NamedTuple):
    """A network with weights and statistics by layer; see `named` for those of a result."""

    network: Network
    definition: Mapping[str, Any]
    weights: Any
    statistics: Any
    loss: str

    def named(self) -> dict[str, Any]:
        """The arrays as a result names them."""
        names = weight_names(self.network)
        return {
            f"{layer}.{name}": np.asarray(array)
            for layer, learned, seen in zip(names, self.weights, self.statistics, strict=True)
            for name, array in {**learned, **seen}.items()
        }

    def description(self) -> dict[str, Any]:
        """What `model.json` would say, after a way through JSON."""
        said = {
            "definition": self.definition,
            "input_shape": list(self.network.input_shape),
            "loss": self.loss,
            "normalization": None,
            "outputs": self._outputs(),
            "computed_layers": _layers(self.network, weight_names(self.network)),
        }
        described: dict[str, Any] = json.loads(json.dumps(said))
        return described

    def _outputs(self) -> list[dict[str, Any]] | None:
        """Of several; only the first is compared, with the loss that took its activation in."""
        names = weight_names(self.network)
        called = zip(self.network.output_names, self.network.outputs, strict=False)
        rows = [{"name": name, "layer": names[position], "loss": None} for name, position in called]
        return [rows[0] | {"loss": self.loss}, *rows[1:]] if rows else None

    def predict(self, inputs: Any) -> Any:
        """What our engine gives for a batch; several inputs are a tuple, and so are several outputs."""
        numbers: Any = layer_numbers(self.network)
        batch = jax.tree.leaves(inputs)[0].shape[0]
        moment = Moment(is_training=False, mask=jnp.ones(batch, jnp.float32), key=None, formulation=Formulation.STOCK)

        def run(weights: Any, statistics: Any, given: Any) -> Any:
            return apply_network(self.network, weights, statistics, numbers, given, moment)[0]

        given = jax.jit(run)(self.weights, self.statistics, inputs)
        outputs = tuple(np.asarray(array) for array in (given if isinstance(given, tuple) else (given,)))
        return outputs[: self.network.output_count] if self.network.output_count > 1 else outputs[0]


def drawn(definition: Mapping[str, Any], shape: Shape, *, parts: int = 1, loss: str = "mse", seed: int = 3) -> Drawn:
    """A network of a definition, its weights moved off their beginnings so that each of them counts."""
    example = example_shape(shape, (shape,) * (parts - 1))
    graph = fuse_final_activation(parse_model_definition(json.dumps(definition)), Loss(loss))
    graph = with_implied_flatten(graph, example)
    network = network_from_graph(graph, infer_shapes(graph, example), shape)
    rng = np.random.default_rng(seed)
    weights, statistics = (
        tuple({name: _moved(array, rng) for name, array in layer.items()} for layer in part)
        for part in initial_weights(network, seed)
    )
    return Drawn(network, definition, weights, statistics, loss)


def taken_up(definition: Mapping[str, Any], weights: Mapping[str, Any], shape: Shape, *, parts: int = 1) -> Drawn:
    """The network of a definition with given weights, which must be exactly those that it has, in name and shape."""
    begun = drawn(definition, shape, parts=parts)
    wanted = {name: array.shape for name, array in begun.named().items()}
    assert {name: array.shape for name, array in weights.items()} == wanted
    names = weight_names(begun.network)
    learned, observed = (
        tuple({name: weights[f"{layer}.{name}"] for name in found} for layer, found in zip(names, part, strict=True))
        for part in (begun.weights, begun.statistics)
    )
    return begun._replace(weights=learned, statistics=observed)


def _moved(array: Any, rng: np.random.Generator) -> Any:
    return array + rng.uniform(-0.1, 0.1, array.shape).astype(np.float32)


def onnx_predictions(model: onnx.ModelProto, inputs: Mapping[str, Any]) -> Any:
    """What onnxruntime gives for named inputs, as the first output."""
    return next(iter(onnx_outputs(model, inputs).values()))


def onnx_outputs(model: onnx.ModelProto, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What onnxruntime gives for named inputs, by the names of the outputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(inputs)), strict=True))


def numbers(*shape: int, seed: int = 0) -> Any:
    """A batch of ordinary numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
