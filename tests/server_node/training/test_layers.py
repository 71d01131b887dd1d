"""Every layer against the shape rules and counts that submission trusts, and against its other formulation."""

import json
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.layers import LAYERS
from server_node.training.layers.layer import Formulation
from server_node.training.models.network import (
    Moment,
    Network,
    apply_network,
    initial_weights,
    layer_numbers,
    network_from_graph,
    parameter_count,
    weight_names,
)
from shared.model_definition.graph import Shape
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.kinds import KINDS
from shared.model_definition.parse import parse_model_definition
from shared.model_definition.shapes import infer_shapes
from shared.model_definition.shapes import parameter_count as counted
from tests.shared.kind_examples import input_shapes, needed_parameters

IMAGE = (7, 6, 3)
CASES: list[tuple[Mapping[str, Any], Shape]] = [
    ({"type": "dense", "units": 5}, (6,)),
    ({"type": "dense", "units": 5, "use_bias": False, "activation": "gelu"}, (6,)),
    ({"type": "conv2d", "filters": 4}, IMAGE),
    ({"type": "conv2d", "filters": 4, "kernel_size": [3, 2], "stride": 2, "padding": "valid"}, IMAGE),
    ({"type": "conv2d", "filters": 4, "kernel_size": 4, "stride": [2, 3], "use_bias": False}, IMAGE),
    ({"type": "max_pool2d"}, IMAGE),
    ({"type": "max_pool2d", "pool_size": 3, "stride": 2, "padding": "same"}, IMAGE),
    ({"type": "max_pool2d", "pool_size": 2, "stride": 3}, IMAGE),
    ({"type": "avg_pool2d"}, IMAGE),
    ({"type": "avg_pool2d", "pool_size": [3, 2], "stride": 1, "padding": "same"}, IMAGE),
    *[
        ({"type": kind.name, **needed_parameters(kind.name)}, input_shapes(kind.name)[0])
        for kind in KINDS.values()
        if kind.least_inputs == 1 and kind.name not in {"input", "dense", "conv2d", "embedding"}
    ],
]
FORMULATIONS = [Formulation.SLICES, Formulation.STOCK_CONVOLUTION, Formulation.STOCK]


def a_network(layers: list[Mapping[str, Any]], shape: Shape) -> Network:
    graph = with_implied_flatten(parse_model_definition(json.dumps({"layers": [dict(row) for row in layers]})), shape)
    return network_from_graph(graph, infer_shapes(graph, shape), shape)


def applied(
    network: Network,
    inputs: Any,
    *,
    weights: Any = None,
    training: bool = True,
    mask: Any = None,
    formulation: Formulation = Formulation.SLICES,
) -> Any:
    drawn: Any
    statistics: Any
    drawn, statistics = initial_weights(network, seed=3)
    moment = Moment(
        is_training=training,
        mask=jnp.ones(inputs.shape[0], jnp.float32) if mask is None else mask,
        key=jax.random.key(0) if training else None,
        formulation=formulation,
    )
    numbers: Any = layer_numbers(network)
    return apply_network(network, drawn if weights is None else weights, statistics, numbers, inputs, moment)


def images(shape: Shape, batch: int = 4, seed: int = 0) -> Any:
    return jnp.asarray(np.random.default_rng(seed).normal(size=(batch, *shape)).astype(np.float32))


def test_every_kind_that_submission_accepts_can_be_run() -> None:
    assert set(KINDS) - {"input"} == set(LAYERS)


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_shape_rules_are_what_jax_computes(layer: Mapping[str, Any], shape: Shape, *, training: bool) -> None:
    network = a_network([layer], shape)
    output, statistics = jax.eval_shape(lambda x: applied(network, x, training=training), images(shape))

    assert output.shape == (4, *network.output_shape)
    assert output.dtype == jnp.float32
    before = jax.tree.map(lambda array: array.shape, initial_weights(network, 0)[1])
    assert jax.tree.map(lambda array: array.shape, statistics) == before


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=str)
def test_parameter_counts_are_what_is_drawn(layer: Mapping[str, Any], shape: Shape) -> None:
    graph = with_implied_flatten(parse_model_definition(json.dumps({"layers": [dict(layer)]})), shape)
    weights, _ = initial_weights(a_network([layer], shape), seed=0)
    assert parameter_count(weights) == counted(graph, shape)


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "shape"), [case for case in CASES if case[0]["type"].endswith("2d")], ids=str)
@pytest.mark.parametrize("formulation", FORMULATIONS[1:])
def test_formulations_agree_in_value_and_gradient(
    layer: Mapping[str, Any], shape: Shape, formulation: Formulation
) -> None:
    network, inputs = a_network([layer], shape), images(shape)
    weights, _ = initial_weights(network, seed=3)

    def loss(given: Any, x: Any, chosen: Formulation) -> Any:
        output, _ = applied(network, x, weights=given, formulation=chosen)
        return jnp.sum(jnp.sin(output)), output

    wanted = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(weights, inputs, Formulation.SLICES)
    got = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(weights, inputs, formulation)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5), got, wanted)


def test_dropout_keeps_the_mean_and_does_nothing_outside_training() -> None:
    network, inputs = a_network([{"type": "dropout", "rate": 0.25}], (1000,)), jnp.ones((20, 1000), jnp.float32)
    output, _ = applied(network, inputs)
    np.testing.assert_allclose(np.unique(output), [0.0, 4 / 3], rtol=1e-6)
    assert abs(float(jnp.mean(output)) - 1.0) < 0.02
    still, _ = applied(network, inputs, training=False)
    np.testing.assert_array_equal(still, inputs)


def test_batch_norm_leaves_out_what_only_fills_the_batch() -> None:
    network, inputs = a_network([{"type": "batch_norm"}], IMAGE), images(IMAGE)
    filled = jnp.concatenate([inputs, 1e3 * jnp.ones((2, *IMAGE), jnp.float32)])
    mask = jnp.asarray([1, 1, 1, 1, 0, 0], jnp.float32)

    wanted, wanted_statistics = applied(network, inputs)
    got, statistics = applied(network, filled, mask=mask)
    np.testing.assert_allclose(got[:4], wanted, rtol=1e-5, atol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), statistics, wanted_statistics)


def test_batch_norm_momentum_is_the_share_of_the_new_value() -> None:
    network, inputs = a_network([{"type": "batch_norm", "momentum": 0.1}], (2,)), images((2,), batch=50)
    _, statistics = applied(network, inputs)
    last = statistics[-1]
    np.testing.assert_allclose(last["mean"], 0.1 * np.mean(inputs, axis=0), rtol=1e-5)
    np.testing.assert_allclose(last["variance"], 0.9 + 0.1 * np.var(inputs, axis=0, ddof=1), rtol=1e-5)


def test_weights_of_layers_with_one_name_are_told_apart() -> None:
    network = a_network([{"type": "dense", "units": 2, "name": "a"}, {"type": "dense", "units": 2}], (3,))
    assert len(set(weight_names(network))) == len(network.layers)
