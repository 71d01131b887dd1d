"""A model graph as the engine runs it: layers by position, shapes known, numbers apart from structure.

Positions stand in for node ids, so that graphs that differ only in names share one compiled program.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from server_node.training.layers import LAYERS
from server_node.training.layers.layer import (
    Arrays,
    Formulation,
    HostArrays,
    LayerContext,
    Parameters,
)
from server_node.training.precision import as_computed, computing_type
from server_node.training.randomness import Purpose, random_stream
from shared.errors import NotSupported
from shared.model_definition.graph import LayerNode, ModelGraph, Shape
from shared.model_definition.output_targets import latent_pairs

INPUT_KIND = "input"
PASS_THROUGH_KINDS = frozenset({"output"})


@dataclass(frozen=True, slots=True)
class NetworkLayer:
    """One layer in computing order.

    Attributes:
        node: where it comes from; its id and name are for messages and for naming weights only.
        structure: the parameters that shape the program.
        numbers: the parameters that are data to it.
        inputs: positions of the layers that feed it.
        input_shapes: one example's shapes, as they arrive.
        output_shape: one example's shape, as it leaves.
    """

    node: LayerNode
    structure: Parameters
    numbers: Mapping[str, float]
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape


@dataclass(frozen=True, slots=True)
class Network:
    """A whole model.

    Attributes:
        layers: in computing order.
        input_shape: one example's shape, of the first input.
        output: position of what it gives first.
        more_outputs: positions of what else it gives.
        output_names: of several outputs, for metrics and predictions only; else empty.
        latents: positions of the mean and the log variance of each Gaussian that is held near a unit normal.
    """

    layers: tuple[NetworkLayer, ...]
    input_shape: Shape
    output: int
    more_outputs: tuple[int, ...] = ()
    latents: tuple[tuple[int, int], ...] = ()
    output_names: tuple[str, ...] = ()

    @property
    def output_shape(self) -> Shape:
        """One example's output."""
        return self.layers[self.output].output_shape

    @property
    def outputs(self) -> tuple[int, ...]:
        """Positions of everything it gives."""
        return (self.output, *self.more_outputs)

    @property
    def output_count(self) -> int:
        """How many values it gives."""
        return len(self.outputs)

    def structure_text(self) -> str:
        """Give everything that shapes the program as canonical text, and nothing else."""
        rows = [[layer.node.kind, dict(layer.structure), layer.inputs] for layer in self.layers]
        parts = [self.input_shape, self.output, rows]
        if self.more_outputs or self.latents:
            parts += [self.more_outputs, self.latents]
        return json.dumps(parts, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Moment:
    """What all layers of one application share: see `LayerContext`. `key` is None outside training.

    `precision` is the type that layers compute in; see `training.precision`.
    """

    is_training: bool
    mask: jax.Array
    key: jax.Array | None
    formulation: Formulation
    precision: str = "float32"


def network_from_graph(graph: ModelGraph, shapes: Mapping[str, Shape], input_shape: Shape) -> Network:
    """Order a checked graph with inferred shapes by position.

    Raises:
        NotSupported: when a kind is known to definitions but not to this engine.
    """
    positions = {node.node_id: position for position, node in enumerate(graph.nodes)}
    layers = tuple(_network_layer(node, positions, shapes) for node in graph.nodes)
    first, *others = (positions[output] for output in graph.outputs)
    latents = tuple((positions[pair.mean], positions[pair.log_variance]) for pair in latent_pairs(graph))
    return Network(
        layers, input_shape, first, tuple(others), latents, tuple(said.name for said in graph.said_of_outputs)
    )


def _network_layer(node: LayerNode, positions: Mapping[str, int], shapes: Mapping[str, Shape]) -> NetworkLayer:
    if node.kind not in LAYERS and node.kind != INPUT_KIND and node.kind not in PASS_THROUGH_KINDS:
        raise NotSupported(
            f"layer {node.name} (node {node.node_id}) has kind {node.kind}, which this node cannot run; "
            f"it runs {', '.join(sorted(LAYERS))}",
            field="model_definition",
        )
    numbers = LAYERS[node.kind].numbers if node.kind in LAYERS else ()
    names = tuple(name for name in numbers if not isinstance(node.parameters[name], str))
    switches = LAYERS[node.kind].switches if node.kind in LAYERS else ()
    return NetworkLayer(
        node=node,
        structure={name: value for name, value in node.parameters.items() if name not in names}
        | {f"has_{name}": node.parameters[name] != 0 for name in switches},
        numbers={name: float(str(node.parameters[name])) for name in names},
        inputs=tuple(positions[source] for source in node.inputs),
        input_shapes=tuple(shapes[source] for source in node.inputs),
        output_shape=shapes[node.node_id],
    )


def initial_weights(network: Network, seed: int) -> tuple[tuple[HostArrays, ...], tuple[HostArrays, ...]]:
    """Draw every layer's weights and statistics on the host, layer by layer, each from a stream of its own."""
    drawn = [_initial_layer(layer, seed, position) for position, layer in enumerate(network.layers)]
    return tuple(weights for weights, _ in drawn), tuple(statistics for _, statistics in drawn)


def _initial_layer(layer: NetworkLayer, seed: int, position: int) -> tuple[HostArrays, HostArrays]:
    if layer.node.kind not in LAYERS:
        return {}, {}
    rng = random_stream(seed, Purpose.INITIAL_WEIGHTS, position)
    return LAYERS[layer.node.kind].init(rng, layer.structure, layer.input_shapes)


def apply_network(
    network: Network,
    weights: tuple[Arrays, ...],
    statistics: tuple[Arrays, ...],
    numbers: tuple[Arrays, ...],
    inputs: Any,
    moment: Moment,
) -> tuple[Any, tuple[Arrays, ...]]:
    """Run the model on `(batch, *input_shape)`; give its output and every layer's new statistics.

    `inputs` is a tuple of such arrays where the dataset has several. The output is a tuple where the model gives
    several or holds Gaussians: what it gives, then means and log variances in turn.
    """
    values: list[jax.Array] = []
    new_statistics: list[Arrays] = []
    for position, layer in enumerate(network.layers):
        if layer.node.kind not in LAYERS:
            values.append(values[layer.inputs[0]] if layer.inputs else _part_of(inputs, layer))
            new_statistics.append({})
            continue
        dtype = computing_type(moment.precision, layer.node.kind)
        context = LayerContext(
            parameters=layer.structure,
            numbers=as_computed(numbers[position], dtype),
            is_training=moment.is_training,
            mask=moment.mask,
            draw_key=_key_of_layer(moment.key, position),
            formulation=moment.formulation,
        )
        arrived = as_computed(tuple(values[source] for source in layer.inputs), dtype)
        learned = as_computed(weights[position], dtype)
        output, changed = LAYERS[layer.node.kind].apply(learned, statistics[position], arrived, context)
        values.append(output)
        new_statistics.append(changed)
    return _leaving(network, values), tuple(new_statistics)


def _leaving(network: Network, values: list[jax.Array]) -> Any:
    if not network.more_outputs and not network.latents:
        return values[network.output]
    latents = (position for pair in network.latents for position in pair)
    return tuple(values[position] for position in (*network.outputs, *latents))


def _part_of(inputs: Any, layer: NetworkLayer) -> jax.Array:
    """Give what an input node reads: everything, or its part, of one array or of one for each input."""
    part = layer.structure.get("part")
    arrays: jax.Array = jnp.stack(inputs, axis=1) if isinstance(inputs, tuple) else inputs
    return arrays[:, part] if isinstance(part, int) else arrays


def _key_of_layer(key: jax.Array | None, position: int) -> Callable[[], jax.Array]:
    def draw_key() -> jax.Array:
        assert key is not None, "only training draws random keys"
        return jax.random.fold_in(key, position)

    return draw_key


def layer_numbers(network: Network) -> tuple[Mapping[str, np.float32], ...]:
    """Give each layer's numbers as host scalars, in the order that programs take them."""
    return tuple({name: np.float32(value) for name, value in layer.numbers.items()} for layer in network.layers)


def weight_names(network: Network) -> tuple[str, ...]:
    """Name each layer for its saved weights: its own name where that is unique, else with its node id."""
    names = [layer.node.name for layer in network.layers]
    return tuple(
        layer.node.name if names.count(layer.node.name) == 1 else f"{layer.node.name}_{layer.node.node_id}"
        for layer in network.layers
    )


def parameter_count(weights: tuple[Mapping[str, np.ndarray | jax.Array], ...]) -> int:
    """Count the numbers that are learned."""
    return sum(int(np.prod(array.shape)) for layer in weights for array in layer.values())
