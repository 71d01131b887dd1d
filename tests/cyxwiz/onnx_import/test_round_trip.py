"""What we export, we import again: the same predictions, for every kind of layer, and weights under the right names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cyxwiz.onnx_export.emitters import EMITTERS
from cyxwiz.onnx_export.export_model import onnx_model_of
from cyxwiz.onnx_import.import_model import imported
from cyxwiz.onnx_import.read_file import onnx_file_from_bytes
from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from tests.cyxwiz.onnx_judge import TOLERANCE, drawn, numbers, onnx_predictions, taken_up
from tests.cyxwiz.onnx_models import ROWS, SEQUENCE, a_graph, a_kind, a_source

WITHOUT_WAY_BACK = {"linear_attention", "dropout", "identity", "gaussian_sample"}
"""One that becomes products of computed values, which no layer stands for, and those that leave nothing to read."""


def check(definition: dict[str, Any], shape: Shape, *, tokens: int = 0, batch: int = 3) -> None:
    """Export, import, export: onnxruntime must give the same both times."""
    begun = drawn(definition, shape)
    model = onnx_model_of(begun.description(), begun.named())
    back = imported(onnx_file_from_bytes("model.onnx", model.SerializeToString()))
    again = taken_up(back.definition, back.weights, shape)
    inputs = numbers(batch, *shape)
    if tokens:
        inputs = np.random.default_rng(0).integers(0, tokens, (batch, *shape)).astype(np.int32)
    second = onnx_model_of(again.description(), again.named())
    got = onnx_predictions(second, {second.graph.input[0].name: inputs})
    np.testing.assert_allclose(got, onnx_predictions(model, {"input": inputs}), rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("kind", sorted(set(EMITTERS) - {"constant", "parameter"} - WITHOUT_WAY_BACK))
def test_a_kind_of_layer_comes_back(kind: str) -> None:
    definition, shape = a_kind(kind)
    check(definition, shape, tokens=11 if kind == "embedding" else 0)


@pytest.mark.parametrize("kind", ["constant", "parameter"])
def test_what_nothing_feeds_comes_back(kind: str) -> None:
    check(a_source(kind), (8,))


@pytest.mark.parametrize(("layers", "shape"), ROWS, ids=str)
def test_what_a_layer_may_say_comes_back(layers: list[dict[str, Any]], shape: Shape) -> None:
    if layers[0]["type"] in WITHOUT_WAY_BACK:
        pytest.skip("has no way back; see the test of refusals")
    check({"layers": layers}, shape)


def test_a_decoder_with_a_memory_comes_back() -> None:
    check(a_graph("transformer_decoder", {"d_model": 8, "num_heads": 2, "ff_dim": 9}, 2), SEQUENCE)


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
def test_named_architectures_come_back(definition: dict[str, Any], shape: Shape, tokens: int) -> None:
    check(definition, shape, tokens=tokens, batch=2)


def test_our_engine_predicts_with_what_came_back() -> None:
    layers = [{"type": "conv2d", "filters": 4}, {"type": "batch_norm"}, {"type": "relu"}, {"type": "max_pool2d"}]
    begun = drawn({"layers": [*layers, {"type": "flatten"}, {"type": "dense", "units": 3}]}, (8, 8, 2))
    model = onnx_model_of(begun.description(), begun.named())
    back = imported(onnx_file_from_bytes("model.onnx", model.SerializeToString()))
    inputs = numbers(3, 8, 8, 2)
    got = taken_up(back.definition, back.weights, (8, 8, 2)).predict(inputs)
    np.testing.assert_allclose(got, begun.predict(inputs), rtol=TOLERANCE, atol=TOLERANCE)


def test_linear_attention_is_refused_by_the_node_that_multiplies() -> None:
    definition, shape = a_kind("linear_attention")
    begun = drawn(definition, shape)
    model = onnx_model_of(begun.description(), begun.named())
    with pytest.raises(InvalidField, match=r"node 'linear_attention_1/\w+' \(\w+\)"):
        imported(onnx_file_from_bytes("model.onnx", model.SerializeToString()))
