"""Files as other programs write them: onnxruntime says what they give, and what we make of them must give the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import ModelProto

from cyxwiz.onnx_export.export_model import onnx_model_of
from shared.errors import InvalidField
from tests.cyxwiz.onnx_files import a_file, op, read, weight
from tests.cyxwiz.onnx_judge import TOLERANCE, Drawn, numbers, onnx_predictions, taken_up


def check(model: ModelProto, *shape: int, tokens: int = 0) -> Drawn:
    """Compare the file with what we export again; an image is channels-first there and channels-last with us."""
    given = numbers(2, *shape)
    if tokens:
        given = np.random.default_rng(0).integers(0, tokens, (2, *shape))
    wanted = onnx_predictions(model, {"x": given})
    back = read(model)
    ours = tuple(back.definition["nodes"][0]["parameters"]["input_shape"])
    is_turned = ours != shape
    network = taken_up(back.definition, back.weights, ours)
    again = onnx_model_of(network.description(), network.named())
    arrives = np.moveaxis(given, 1, -1) if is_turned else given
    got = onnx_predictions(again, {again.graph.input[0].name: arrives.astype(np.int32) if tokens else arrives})
    if is_turned and wanted.ndim == len(shape) + 1:
        wanted = np.moveaxis(wanted, 1, -1)
    np.testing.assert_allclose(got, wanted, rtol=TOLERANCE, atol=TOLERANCE)
    return network


def kinds(network: Drawn) -> list[str]:
    return [layer.node.kind for layer in network.network.layers]


CONV = {"w": weight(6, 3, 3, 3), "b": weight(6)}
NORM = {"scale": weight(6) + 1, "bias": weight(6, seed=2), "mean": weight(6, seed=3), "var": np.abs(weight(6)) + 0.5}


def test_a_convolutional_classifier_as_pytorch_writes_it() -> None:
    nodes = [
        op("Conv", "x w b", "c", kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1], dilations=[1, 1], group=1),
        op("BatchNormalization", "c scale bias mean var", "n", epsilon=1e-5, momentum=0.9),
        op("Relu", "n", "r"),
        op("MaxPool", "r", "p", kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0], ceil_mode=0),
        op("Flatten", "p", "f", axis=1),
        op("Gemm", "f w1 b1", "h", transB=1, alpha=1.0, beta=1.0),
        op("Relu", "h", "hr"),
        op("Gemm", "hr w2 b2", "y", transB=1),
    ]
    dense = {"w1": weight(10, 6 * 4 * 3), "b1": weight(10), "w2": weight(4, 10), "b2": weight(4)}
    network = check(a_file(nodes, ["batch", 3, 8, 6], CONV | NORM | dense), 3, 8, 6)
    said = ["input", "conv2d", "batch_norm", "relu", "max_pool2d", "flatten", "dense", "relu", "dense"]
    assert kinds(network) == said


def test_strides_with_padding_on_both_sides_get_a_layer_that_pads() -> None:
    nodes = [
        op("Conv", "x w b", "c", pads=[1, 1, 1, 1], strides=[2, 2]),
        op("MaxPool", "c", "p", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
        op("AveragePool", "p", "a", kernel_shape=[2, 2], pads=[1, 1, 0, 0], count_include_pad=1),
    ]
    assert kinds(check(a_file(nodes, ["n", 3, 12, 12], CONV), 3, 12, 12)).count("pad") == 3


@pytest.mark.parametrize(
    ("pads", "beyond", "strides"),
    [([1, 1, 1, 1], [1, 1], [2, 2]), ([0] * 4, [0, 0], [2, 2]), ([0, 1, 0, 1], [0, 0], [1, 1])],
)
def test_a_transposed_convolution_keeps_its_size(pads: list[int], beyond: list[int], strides: list[int]) -> None:
    nodes = [op("ConvTranspose", "x w b", "y", pads=pads, output_padding=beyond, strides=strides)]
    check(a_file(nodes, ["n", 3, 5, 4], {"w": weight(3, 4, 3, 3), "b": weight(4)}), 3, 5, 4)


def test_a_residual_block_with_depthwise_and_squeeze_and_excite() -> None:
    nodes = [
        op("Conv", "x w b", "c", pads=[1, 1, 1, 1]),
        op("Conv", "c d", "e", pads=[1, 1, 1, 1], group=6),
        op("GlobalAveragePool", "e", "g"),
        op("Conv", "g s", "gs"),
        op("Sigmoid", "gs", "gate"),
        op("Mul", "e gate", "m"),
        op("Add", "m c", "sum"),
        op("GlobalAveragePool", "sum", "top"),
        op("Flatten", "top", "flat"),
        op("MatMul", "flat wd", "mm"),
        op("Add", "mm bd", "y"),
    ]
    more = {"d": weight(6, 1, 3, 3), "s": weight(6, 6, 1, 1), "wd": weight(6, 3), "bd": weight(3)}
    network = check(a_file(nodes, ["n", 3, 6, 6], CONV | more), 3, 6, 6)
    assert kinds(network)[-1] == "dense"
    assert "parameter" not in kinds(network)


def test_a_shape_that_is_computed_from_the_value_s_own() -> None:
    nodes = [
        op("Relu", "x", "r"),
        op("Shape", "r", "shape"),
        op("Gather", "shape zero", "batch", axis=0),
        op("Unsqueeze", "batch axes", "first"),
        op("Concat", "first minus", "wanted", axis=0),
        op("Reshape", "r wanted", "flat"),
        op("Gemm", "flat w b", "y", transB=1),
    ]
    weights = {
        "zero": np.int64(0),
        "axes": np.asarray([0]),
        "minus": np.asarray([-1]),
        "w": weight(3, 24),
        "b": weight(3),
    }
    check(a_file(nodes, ["n", 2, 3, 4], weights), 2, 3, 4)


@pytest.mark.parametrize("order", ["x·½·(1 + erf)", "x·(1 + erf)·½"])
def test_a_gelu_in_pieces_is_a_gelu(order: str) -> None:
    last = (
        [op("Mul", "h half", "hh"), op("Mul", "hh one_erf", "y")]
        if order.startswith("x·½")
        else [op("Mul", "h one_erf", "he"), op("Mul", "he half", "y")]
    )
    nodes = [op("MatMul", "x w", "m"), op("Add", "b m", "h"), op("Div", "h root", "d"), op("Erf", "d", "e")]
    nodes += [op("Add", "e one", "one_erf"), *last]
    weights = {
        "w": weight(4, 6),
        "b": weight(6),
        "root": np.float32(2**0.5),
        "one": np.float32(1),
        "half": np.float32(0.5),
    }
    assert kinds(check(a_file(nodes, ["n", 5, 4], weights), 5, 4)) == ["input", "time_distributed", "gelu"]


def an_attention(masked: bool) -> tuple[list[Any], dict[str, Any]]:
    nodes: list[Any] = []
    weights: dict[str, Any] = {}
    for name, perm in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        weights |= {f"w{name}": weight(8, 8, seed=ord(name)), f"b{name}": weight(8, seed=ord(name))}
        nodes += [op("MatMul", f"x w{name}", f"{name}0"), op("Add", f"{name}0 b{name}", f"{name}1")]
        nodes += [op("Reshape", f"{name}1 heads", f"{name}2"), op("Transpose", f"{name}2", name, perm=perm)]
    nodes += [op("MatMul", "q k", "s0"), op("Div", "s0 root", "s1")]
    nodes += [op("Where", "hidden low s1", "s2")] if masked else []
    nodes += [op("Softmax", "s2" if masked else "s1", "p", axis=-1), op("MatMul", "p v", "o0")]
    nodes += [op("Transpose", "o0", "o1", perm=[0, 2, 1, 3]), op("Reshape", "o1 rows", "o2")]
    nodes += [op("MatMul", "o2 wo", "o3"), op("Add", "bo o3", "o4"), op("Add", "o4 x", "y")]
    weights |= {"wo": weight(8, 8), "bo": weight(8), "root": np.float32(1.5), "low": np.float32(-np.inf)}
    weights |= {"heads": np.asarray([0, -1, 2, 4]), "rows": np.asarray([0, -1, 8])}
    return nodes, weights | {"hidden": ~np.tri(5, dtype=np.bool_)}


@pytest.mark.parametrize("masked", [False, True])
def test_attention_written_out_is_one_layer(masked: bool) -> None:
    nodes, weights = an_attention(masked)
    network = check(a_file(nodes, ["n", 5, 8], weights), 5, 8)
    assert kinds(network) == ["input", "self_attention", "add"]


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_a_recurrent_classifier_as_pytorch_writes_it(direction: str) -> None:
    sides = 2 if direction == "bidirectional" else 1
    nodes = [
        op("Transpose", "x", "t", perm=[1, 0, 2]),
        op("Shape", "t", "shape"),
        op("Slice", "shape one two zero", "batch"),
        op("Concat", "sides batch units", "state_shape", axis=0),
        op("Expand", "nought state_shape", "h0"),
        op("LSTM", "t w r b - h0 h0", "seq h c", hidden_size=3, direction=direction),
        op("Transpose", "seq", "by_place", perm=[0, 2, 1, 3]),
        op("Reshape", "by_place joined", "rows"),
        op("Transpose", "rows", "out", perm=[1, 0, 2]),
        op("Gather", "out last", "top", axis=1),
        op("Gemm", "top wd bd", "y", transB=1),
    ]
    weights = {
        "w": weight(sides, 12, 4),
        "r": weight(sides, 12, 3),
        "b": weight(sides, 24),
        "wd": weight(2, 3 * sides),
        "bd": weight(2),
        "one": np.asarray([1]),
        "two": np.asarray([2]),
        "zero": np.asarray([0]),
        "sides": np.asarray([sides]),
        "units": np.asarray([3]),
        "nought": np.zeros((1, 1, 1), np.float32),
        "joined": np.asarray([0, 0, -1]),
        "last": np.int64(-1),
    }
    network = check(a_file(nodes, ["n", 5, 4], weights), 5, 4)
    assert [kind for kind in kinds(network) if kind != "parameter"] == ["input", "lstm", "last_state", "dense"]


def a_state(place: int) -> ModelProto:
    nodes = [
        op("Transpose", "x", "t", perm=[1, 0, 2]),
        op("LSTM", "t w r b", "s", hidden_size=3, direction="bidirectional"),
        op("Transpose", "s", "by_example", perm=[1, 0, 2]),
        op("Reshape", "by_example joined", "y"),
    ]
    nodes[1].output[:] = ["s" if output == place else "" for output in range(3)]
    weights = {"w": weight(2, 12, 4), "r": weight(2, 12, 3), "b": weight(2, 24), "joined": np.asarray([0, -1])}
    return a_file(nodes, ["n", 5, 4], weights)


def test_the_last_states_of_both_directions_are_taken() -> None:
    assert kinds(check(a_state(1), 5, 4)) == ["input", "lstm"]


def test_a_cell_state_that_leaves_is_refused() -> None:
    with pytest.raises(InvalidField, match=r"\(LSTM\) gives its cell state to somebody"):
        read(a_state(2))


def test_tokens_are_looked_up_and_given_places() -> None:
    nodes = [
        op("Gather", "table x", "e"),
        op("Add", "e places", "p"),
        op("LayerNormalization", "p scale bias", "n", axis=-1),
        op("ReduceMean", "n", "m", axes=[1], keepdims=0),
        op("Gemm", "m w b", "y", transB=1),
    ]
    weights = {"table": weight(11, 6), "places": weight(1, 5, 6), "scale": weight(6), "bias": weight(6)}
    check(a_file(nodes, ["n", 5], weights | {"w": weight(3, 6), "b": weight(3)}, tokens=True), 5, tokens=11)


def test_branches_are_parted_cut_padded_and_joined() -> None:
    nodes = [
        op("Split", "x", "a b", axis=1),
        op("Slice", "b start end axes", "cut"),
        op("Pad", "cut pads", "wide", mode="constant"),
        op("PRelu", "a slope", "pa"),
        op("Sub", "wide pa", "diff"),
        op("Concat", "diff a pa", "all", axis=1),
        op("LeakyRelu", "all", "l", alpha=0.2),
        op("Softmax", "l", "y", axis=1),
    ]
    weights = {
        "start": np.asarray([1]),
        "end": np.asarray([-1]),
        "axes": np.asarray([3]),
        "pads": np.asarray([0, 0, 0, 1, 0, 0, 0, 1]),
        "slope": weight(3, 1, 1),
    }
    check(a_file(nodes, ["n", 6, 4, 5], weights), 6, 4, 5)


def test_a_model_with_a_fixed_batch_is_taken_for_any() -> None:
    nodes = [op("Conv", "x w b", "c"), op("Reshape", "c rows", "r"), op("MatMul", "r m", "y")]
    weights = CONV | {"rows": np.asarray([1, -1]), "m": weight(6 * 2 * 2, 3)}
    model = a_file(nodes, [1, 3, 4, 4], weights)
    given = numbers(1, 3, 4, 4)
    back = read(model)
    got = taken_up(back.definition, back.weights, (4, 4, 3))
    again = onnx_model_of(got.description(), got.named())
    ours = onnx_predictions(again, {again.graph.input[0].name: np.moveaxis(given, 1, -1)})
    np.testing.assert_allclose(ours, onnx_predictions(model, {"x": given}), rtol=TOLERANCE, atol=TOLERANCE)
