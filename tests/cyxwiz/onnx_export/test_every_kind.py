"""Every kind of layer as ONNX, judged by onnxruntime against our own predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cyxwiz.onnx_export.emitters import EMITTERS
from cyxwiz.onnx_export.export_model import onnx_model_of
from shared.model_definition.graph import Shape
from shared.model_definition.kinds import KINDS
from tests.cyxwiz.onnx_judge import TOLERANCE, drawn, numbers, onnx_predictions
from tests.cyxwiz.onnx_models import IMAGE, ROWS, SEQUENCE, a_graph, a_kind, a_source


def check(definition: dict[str, Any], shape: Shape, *, batch: int = 3, tokens: int = 0, loss: str = "mse") -> None:
    network = drawn(definition, shape, loss=loss)
    inputs = numbers(batch, *shape)
    if tokens:
        inputs = np.random.default_rng(0).integers(0, tokens, (batch, *shape)).astype(np.int32)
    model = onnx_model_of(network.description(), network.named())
    got = onnx_predictions(model, {"input": inputs})
    np.testing.assert_allclose(got, network.predict(inputs), rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("kind", [kind for kind in EMITTERS if kind not in {"constant", "parameter"}])
def test_onnx_gives_our_numbers_for_each_kind(kind: str) -> None:
    definition, shape = a_kind(kind)
    check(definition, shape, tokens=11 if kind == "embedding" else 0)


@pytest.mark.parametrize("kind", ["constant", "parameter"])
def test_onnx_gives_our_numbers_for_what_nothing_feeds(kind: str) -> None:
    check(a_source(kind), (8,))


def test_every_kind_that_we_train_can_be_exported() -> None:
    assert set(EMITTERS) == set(KINDS) - {"input"}


@pytest.mark.slow
@pytest.mark.parametrize(("layers", "shape"), ROWS, ids=str)
def test_onnx_gives_our_numbers_for_what_a_layer_may_say(layers: list[dict[str, Any]], shape: Shape) -> None:
    check({"layers": layers}, shape)


@pytest.mark.parametrize(
    ("kind", "parameters", "wanted"),
    [
        ("multi_head_attention", {"num_heads": 2, "causal": True}, 4),
        ("linear_attention", {"num_heads": 2}, 3),
        ("transformer_decoder", {"d_model": 8, "num_heads": 2, "ff_dim": 9}, 2),
        ("average", {}, 3),
    ],
)
def test_onnx_gives_our_numbers_for_several_inputs(kind: str, parameters: dict[str, Any], wanted: int) -> None:
    shape = (8, 8) if wanted == 4 else SEQUENCE
    check(a_graph(kind, parameters, wanted), shape)


def test_a_state_to_start_from_is_taken_along() -> None:
    nodes = [
        {"id": 0, "type": "DatasetInput"},
        {"id": 1, "type": "lstm", "parameters": {"units": 4, "return_state": True}},
        {"id": 2, "type": "lstm", "parameters": {"units": 4}},
        {"id": 3, "type": "gru", "parameters": {"units": 4}},
    ]
    links = [(0, 1, 0), (0, 2, 0), (1, 2, 1), (0, 3, 0), (2, 3, 1)]
    written = [{"from_node": a, "to_node": b, "to_pin_index": pin} for a, b, pin in links]
    check({"nodes": nodes, "links": written}, SEQUENCE)


def test_a_vector_of_channels_meets_every_position_of_an_image() -> None:
    nodes = [
        {"id": 0, "type": "DatasetInput"},
        {"id": 1, "type": "conv2d", "parameters": {"filters": 3}},
        {"id": 2, "type": "global_avg_pool"},
        {"id": 3, "type": "multiply"},
        {"id": 4, "type": "concatenate"},
    ]
    links = [(0, 1), (1, 2), (1, 3), (2, 3), (3, 4), (1, 4)]
    check({"nodes": nodes, "links": [{"from_node": a, "to_node": b} for a, b in links]}, IMAGE)


@pytest.mark.parametrize(
    ("definition", "shape", "tokens"),
    [
        ({"architecture": "resnet", "depth": 18}, (16, 16, 3), 0),
        ({"architecture": "vit", "classes": 4}, (8, 8, 3), 0),
        ({"architecture": "gpt", "vocab_size": 20, "context": 12}, (12,), 20),
        ({"architecture": "lstm", "classes": 3}, (6, 5), 0),
        ({"architecture": "autoencoder", "input_shape": [8, 8, 1]}, (8, 8, 1), 0),
    ],
    ids=lambda value: str(value)[:40],
)
def test_named_architectures_leave_as_onnx(definition: dict[str, Any], shape: Shape, tokens: int) -> None:
    check(definition, shape, batch=2, tokens=tokens)


def test_the_activation_that_the_loss_took_in_is_there_again() -> None:
    definition = {"layers": [{"type": "dense", "units": 4}, {"type": "softmax"}]}
    network = drawn(definition, (6,), loss="cross_entropy")
    inputs = numbers(5, 6)
    got = onnx_predictions(onnx_model_of(network.description(), network.named()), {"input": inputs})
    np.testing.assert_allclose(got.sum(axis=1), 1.0, rtol=1e-6)
    scores = network.predict(inputs)
    np.testing.assert_array_equal(got.argmax(axis=1), scores.argmax(axis=1))


def test_the_scale_of_the_dataset_is_part_of_the_file() -> None:
    network = drawn({"layers": [{"type": "dense", "units": 4}]}, (3,))
    description = network.description() | {"normalization": {"offset": [1.0, 2.0, 3.0], "width": [2.0, 4.0, 0.5]}}
    raw = numbers(5, 3)
    scaled = (raw - np.asarray([1, 2, 3], np.float32)) / np.asarray([2, 4, 0.5], np.float32)
    got = onnx_predictions(onnx_model_of(description, network.named()), {"input": raw})
    np.testing.assert_allclose(got, network.predict(scaled), rtol=TOLERANCE, atol=TOLERANCE)


def test_convolutions_behind_one_another_move_no_axes_between_them() -> None:
    rows = [{"type": "conv2d", "filters": 4}, {"type": "relu"}, {"type": "max_pool2d"}, {"type": "conv2d"}]
    network = drawn({"layers": rows}, (8, 8, 1))
    model = onnx_model_of(network.description(), network.named())
    assert [node.op_type for node in model.graph.node].count("Transpose") == 2


def test_the_batch_may_have_any_size() -> None:
    network = drawn({"layers": [{"type": "lstm", "units": 4}, {"type": "dense", "units": 2}]}, SEQUENCE)
    model = onnx_model_of(network.description(), network.named())
    for batch in (1, 7):
        assert onnx_predictions(model, {"input": numbers(batch, *SEQUENCE)}).shape == (batch, 2)


def test_several_outputs_leave_under_their_names() -> None:
    network = drawn({"layers": [{"type": "dense", "units": 4}, {"type": "dense", "units": 2}]}, (6,))
    description = network.description()
    layers = [row["name"] for row in description["computed_layers"][1:]]
    description["outputs"] = [
        {"name": name, "layer": layer, "loss": None} for name, layer in zip(("code", "answer"), layers, strict=True)
    ]
    model = onnx_model_of(description, network.named())
    assert [output.name for output in model.graph.output] == ["code", "answer"]
    assert onnx_predictions(model, {"input": numbers(3, 6)}).shape == (3, 4)
