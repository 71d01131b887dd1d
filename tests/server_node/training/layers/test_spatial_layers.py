"""Convolution, pooling, normalisation, merges, axes: held against their rules, numpy and each other."""

import itertools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.layers.layer import Formulation
from shared.model_definition.graph import Shape
from tests.server_node.training.layers.drawn_layer import BATCH, DrawnLayer, a_layer

SEQUENCE, IMAGE, VOLUME = (9, 4), (7, 6, 4), (5, 4, 6, 2)
STRIDED = {"kernel_size": 3, "stride": 2, "padding": "valid", "activation": "relu"}
OVERLAPPING = {"pool_size": 3, "stride": 2, "padding": "same"}
WINDOWED: list[tuple[str, Shape, dict[str, Any]]] = [
    *[
        (f"conv{len(shape) - 1}d", shape, {"filters": 3, "transposed": transposed, **rest})
        for transposed in (False, True)
        for shape, rest in (
            (SEQUENCE, STRIDED),
            (VOLUME, {"stride": [1, 2, 1]}),
            (IMAGE, {}),
            (IMAGE, STRIDED),
            ((7, 6, 6), {"kernel_size": 2, "stride": 2}),
            (IMAGE, {"kernel_size": [4, 1], "stride": [3, 2], "use_bias": False}),
        )
    ],
    ("conv2d", IMAGE, {"kernel_size": 1, "stride": 3, "padding": "valid", "transposed": True}),
    ("depthwise_conv2d", IMAGE, {"depth_multiplier": 3, "stride": 2, "filters": 12}),
    ("depthwise_conv2d", IMAGE, {"kernel_size": [2, 3], "padding": "valid", "use_bias": False}),
    *[
        (f"{kind}_pool{rank}d", shape, rest)
        for kind in ("max", "avg")
        for rank, shape, rest in ((1, SEQUENCE, OVERLAPPING), (2, IMAGE, OVERLAPPING), (2, VOLUME, {"stride": 1}))
    ],
]
OTHERS: list[tuple[str, tuple[Shape, ...], dict[str, Any]]] = [
    *[(kind, (shape,), {}) for kind in ("global_max_pool", "global_avg_pool") for shape in (SEQUENCE, IMAGE, VOLUME)],
    *[
        ("adaptive_avg_pool", (shape,), {"output_size": size})
        for shape, size in ((SEQUENCE, 4), (IMAGE, 1), (IMAGE, [7, 4]), (IMAGE, [3, 9]), (VOLUME, 2))
    ],
    *[(kind, (shape,), {}) for kind in ("batch_norm", "layer_norm") for shape in ((5,), SEQUENCE, IMAGE, VOLUME)],
    ("layer_norm", (IMAGE,), {"normalized_shape": "[6, 4]", "eps": "1e-3"}),
    *[("group_norm", (shape,), {"num_groups": 2}) for shape in ((4,), SEQUENCE, IMAGE, VOLUME)],
    *[("instance_norm", (shape,), {"affine": affine}) for shape in (SEQUENCE, IMAGE) for affine in (True, False)],
    *[(kind, (IMAGE, IMAGE, IMAGE), {}) for kind in ("add", "multiply", "average", "concatenate")],
    *[(kind, shapes, {}) for kind in ("add", "multiply") for shapes in ((IMAGE, (4,)), (IMAGE, (1, 1, 4), (7, 1, 1)))],
    ("concatenate", ((7, 6, 4), (7, 6, 2)), {"dim": 1}),
    ("concatenate", ((7, 6, 4), (7, 6, 2)), {"dim": -1}),
    ("concatenate", ((9, 4), (9, 1)), {"dim": 2}),
    ("concatenate", ((7, 6, 4), (7, 2, 4)), {"dim": 2}),
    ("concatenate", ((3,), (4,)), {}),
    ("average", (IMAGE,), {"dim": 1}),
    ("average", (SEQUENCE,), {"dim": -2, "keepdim": False}),
    ("split", (IMAGE,), {"parts": 2, "index": 1}),
    ("split", (IMAGE,), {"num_splits": 3, "dim": 2}),
    ("reshape", (IMAGE,), {"shape": "[-1, 168]"}),
    ("reshape", ((6272,),), {"shape": "[-1, 128, 7, 7]", "layout": "channels_first"}),
    ("reshape", (IMAGE,), {"shape": [4, 42], "layout": "channels_first"}),
    ("view", (IMAGE,), {"shape": "-1, 42, -1"}),
    ("tensor_reshape", ((784,),), {}),
    ("permute", (SEQUENCE,), {"dims": "0, 2, 1"}),
    ("permute", (IMAGE,), {"dims": [3, 1, 2]}),
    ("permute", (IMAGE,), {"dims": [2, 0, 1]}),
    ("squeeze", ((1, 4, 1),), {}),
    ("squeeze", ((1, 4, 1),), {"dim": -1}),
    ("unsqueeze", (SEQUENCE,), {}),
    ("unsqueeze", (SEQUENCE,), {"dim": -1}),
    ("upsample", (IMAGE,), {"size": [2, 3]}),
    ("upsample", (SEQUENCE,), {}),
    ("constant", (), {"shape": [2, 3], "value": 1.5}),
    ("parameter", (), {"shape": "[2, 3]", "init": "ones"}),
]
PLAIN = [
    ("max_pool3d", (VOLUME,), {}),
    ("avg_pool1d", (SEQUENCE,), {"pool_size": 3, "stride": 1}),
    ("avg_pool2d", (SEQUENCE,), {}),
    ("conv2d", (IMAGE,), {"kernel_size": 1}),
]
EVERY = PLAIN + [(kind, (shape,), written) for kind, shape, written in WINDOWED] + OTHERS


@pytest.mark.parametrize(("kind", "shapes", "written"), EVERY, ids=str)
def test_shapes_and_counts_are_what_the_rules_say(
    kind: str, shapes: tuple[Shape, ...], written: dict[str, Any]
) -> None:
    layer = a_layer(kind, *shapes, **written)
    output = jax.eval_shape(layer.apply, *layer.inputs())

    assert output.shape == (BATCH, *layer.output_shape)
    assert output.dtype == jnp.float32
    assert sum(array.size for array in layer.weights.values()) == layer.parameter_count


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "shape", "written"), WINDOWED, ids=str)
def test_formulations_agree_in_value_and_gradient(kind: str, shape: Shape, written: dict[str, Any]) -> None:
    layer = a_layer(kind, shape, **written)
    (inputs,) = layer.inputs()

    def loss(weights: Any, x: Any, chosen: Formulation) -> Any:
        output = layer.apply(x, weights=weights, formulation=chosen)
        return jnp.sum(jnp.sin(output)), output

    both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True), static_argnums=2)
    wanted, got = (both(layer.weights, inputs, chosen) for chosen in (Formulation.SLICES, Formulation.STOCK))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=3e-5, atol=3e-5), got, wanted)


@pytest.mark.slow
def test_a_transposed_convolution_is_the_adjoint_of_its_convolution() -> None:
    for stride, padding in itertools.product((1, 2, 3), ("same", "valid")):
        window = {"kernel_size": 3, "stride": stride, "padding": padding, "use_bias": False}
        down = a_layer("conv2d", (6, 12, 2), filters=5, **window)
        up = a_layer("conv2d", down.output_shape, filters=2, transposed=True, **window)
        (x,), (y,) = down.inputs(), up.inputs(seed=1)
        kernel = down.weights["kernel"]
        there = jnp.vdot(down.apply(x), y)
        back = up.apply(y, weights={"kernel": kernel.swapaxes(2, 3)})
        assert back.shape[1:] == up.output_shape
        rows, columns = min(back.shape[1], 6), min(back.shape[2], 12)
        np.testing.assert_allclose(there, jnp.vdot(back[:, :rows, :columns], x[:, :rows, :columns]), rtol=1e-4)


def test_a_depthwise_convolution_is_a_convolution_of_each_channel() -> None:
    layer = a_layer("depthwise_conv2d", IMAGE, depth_multiplier=2)
    (inputs,) = layer.inputs()
    output = layer.apply(inputs)
    for channel in range(4):
        alone = a_layer("conv2d", (7, 6, 1), filters=2)
        weights = {"kernel": layer.weights["kernel"][:, :, channel : channel + 1], "bias": jnp.zeros((2,))}
        wanted = alone.apply(inputs[..., channel : channel + 1], weights=weights)
        np.testing.assert_allclose(output[..., 2 * channel : 2 * channel + 2], wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "shape", "written", "axes"),
    [
        ("layer_norm", IMAGE, {}, (3,)),
        ("layer_norm", IMAGE, {"normalized_shape": [6, 4]}, (2, 3)),
        ("instance_norm", IMAGE, {}, (1, 2)),
        ("group_norm", IMAGE, {"num_groups": 1}, (1, 2, 3)),
    ],
)
def test_normalisations_are_what_numpy_computes(
    kind: str, shape: Shape, written: dict[str, Any], axes: tuple[int, ...]
) -> None:
    layer = a_layer(kind, shape, **written)
    weights = {name: array + 0.5 for name, array in layer.weights.items()}
    (inputs,) = layer.inputs()
    x = np.asarray(inputs, np.float64)
    normal = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)
    np.testing.assert_allclose(layer.apply(inputs, weights=weights), normal * 1.5 + 0.5, rtol=1e-4, atol=1e-5)


def test_group_norm_takes_channels_that_stand_together() -> None:
    layer = a_layer("group_norm", (5, 4), num_groups=2)
    (inputs,) = layer.inputs()
    halves = [a_layer("group_norm", (5, 2), num_groups=1).apply(inputs[..., at : at + 2]) for at in (0, 2)]
    np.testing.assert_allclose(layer.apply(inputs), jnp.concatenate(halves, axis=-1), rtol=1e-4, atol=1e-5)


def test_adaptive_pooling_cuts_windows_as_the_rule_says() -> None:
    layer = a_layer("adaptive_avg_pool", (7, 2), output_size=3)
    (x,) = layer.inputs()
    wanted = jnp.stack([x[:, 0:3].mean(1), x[:, 2:5].mean(1), x[:, 4:7].mean(1)], axis=1)
    np.testing.assert_allclose(layer.apply(x), wanted, rtol=1e-5, atol=1e-6)


def test_a_mean_with_padding_leaves_the_padding_out() -> None:
    layer = a_layer("avg_pool2d", (3, 3, 1), pool_size=2, stride=2, padding="same")
    np.testing.assert_allclose(layer.apply(jnp.ones((BATCH, 3, 3, 1), jnp.float32)), 1.0)


def test_a_vector_scales_the_channels_of_every_position() -> None:
    layer = a_layer("multiply", IMAGE, (4,))
    image, gate = layer.inputs()
    np.testing.assert_allclose(layer.apply(image, gate), np.asarray(image) * np.asarray(gate)[:, None, None, :])


def test_concatenating_keeps_the_order_of_the_inputs() -> None:
    layer = a_layer("concatenate", (2, 1), (2, 2))
    one, two = layer.inputs()
    np.testing.assert_array_equal(layer.apply(one, two), np.concatenate([one, two], axis=2))


def test_parts_of_a_split_together_are_the_whole() -> None:
    inputs = a_layer("split", IMAGE).inputs()[0]
    parts = [a_layer("split", IMAGE, parts=2, index=index).apply(inputs) for index in (0, 1)]
    np.testing.assert_array_equal(jnp.concatenate(parts, axis=-1), inputs)


def test_a_channels_first_reshape_reads_numbers_as_a_channels_first_program_would() -> None:
    vector = jnp.arange(BATCH * 24, dtype=jnp.float32).reshape(BATCH, 24)
    image = a_layer("reshape", (24,), shape=[-1, 2, 3, 4], layout="channels_first").apply(vector)
    np.testing.assert_array_equal(image, np.moveaxis(np.asarray(vector).reshape(BATCH, 2, 3, 4), 1, -1))
    tokens = a_layer("reshape", (3, 4, 2), shape=[-1, 2, 12], layout="channels_first").apply(image)
    np.testing.assert_array_equal(tokens, np.asarray(vector).reshape(BATCH, 2, 12))


def test_a_permutation_means_the_same_in_all_three_ways_of_writing() -> None:
    ways = [a_layer("permute", IMAGE, dims=dims) for dims in ([0, 3, 1, 2], [3, 1, 2], [2, 0, 1])]
    inputs = ways[0].inputs()[0]
    for way in ways:
        np.testing.assert_array_equal(way.apply(inputs), np.transpose(inputs, (0, 3, 1, 2)))


def test_upsampling_repeats_positions() -> None:
    layer = a_layer("upsample", (2, 1))
    output = layer.apply(jnp.asarray([[[1.0], [2.0]]] * BATCH, jnp.float32))
    np.testing.assert_array_equal(output[0, :, 0], [1, 1, 2, 2])


def test_a_parameter_is_learned_and_a_constant_is_data() -> None:
    learned: DrawnLayer = a_layer("parameter", shape=[2])
    gradient = jax.grad(lambda weights: jnp.sum(learned.apply(weights=weights)))(learned.weights)
    np.testing.assert_array_equal(gradient["value"], [BATCH, BATCH])
    np.testing.assert_array_equal(a_layer("constant", shape=[2], value=2.5).apply(), np.full((BATCH, 2), 2.5))


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "window"), [((4, 4, 2), 2), ((5, 7, 1), 2), ((9, 2), 3), ((4, 4, 4, 1), [2, 2])])
def test_the_gradient_of_a_maximum_goes_to_the_first_largest_value(shape: Shape, window: Any) -> None:
    layer = a_layer("max_pool2d", shape, pool_size=window, stride=window)
    inputs = jnp.round(layer.inputs()[0])  # many values are the same
    size = layer.parameters["pool_size"][0]
    dims = (1, *(size,) * (len(shape) - 1), 1)

    def stock(x: Any) -> Any:
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, dims, dims, "VALID")

    got, wanted = (jax.grad(lambda x, pool=pool: jnp.sum(jnp.sin(pool(x))))(inputs) for pool in (layer.apply, stock))
    np.testing.assert_allclose(got, wanted, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("formulation", list(Formulation))
@pytest.mark.parametrize(
    ("kind", "shape", "parameters"),
    [
        ("avg_pool1d", (99, 2), {"pool_size": 33, "stride": 33}),
        ("avg_pool1d", (99, 2), {"pool_size": 33, "stride": 5}),
        ("adaptive_avg_pool", (99, 2), {"output_size": 7}),
        ("adaptive_avg_pool", (99, 2), {"output_size": 1}),
        ("global_avg_pool", (99, 2), {}),
        ("average", (99, 2), {"dim": 2}),
    ],
)
def test_means_of_bfloat16_are_rounded_once(
    kind: str, shape: Shape, parameters: Mapping[str, Any], formulation: Formulation
) -> None:
    layer = a_layer(kind, shape, **parameters)
    inputs = (jnp.abs(layer.inputs()[0]) + 3.0).astype(jnp.bfloat16)
    exact = layer.apply(inputs.astype(jnp.float32), formulation=formulation)
    got = layer.apply(inputs, formulation=formulation)
    assert got.dtype == jnp.bfloat16
    np.testing.assert_array_equal(got, exact.astype(jnp.bfloat16))


def test_the_mean_of_many_branches_in_bfloat16_is_rounded_once() -> None:
    layer = a_layer("average", *[(5,)] * 9)
    inputs = [(jnp.abs(values) + 3.0).astype(jnp.bfloat16) for values in layer.inputs()]
    exact = layer.apply(*[values.astype(jnp.float32) for values in inputs])
    np.testing.assert_array_equal(layer.apply(*inputs), exact.astype(jnp.bfloat16))
