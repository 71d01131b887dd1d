"""Models with several ends: each is an output of the file, and comes back as an output of its name."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper

from cyxwiz.onnx_export.export_model import onnx_model_of
from shared.errors import InvalidField
from shared.model_definition.output_targets import output_names
from shared.model_definition.parse import parse_model_definition
from tests.cyxwiz.onnx_files import a_file, op, read, weight
from tests.cyxwiz.onnx_judge import TOLERANCE, Drawn, drawn, numbers, onnx_outputs, taken_up


def two_heads() -> dict[str, Any]:
    nodes = [
        {"id": 0, "type": "DatasetInput"},
        {"id": 1, "type": "dense", "parameters": {"units": 5, "activation": "relu"}},
        {"id": 2, "type": "dense", "parameters": {"units": 3, "activation": "softmax"}},
        {"id": 3, "type": "dense", "parameters": {"units": 4, "activation": "tanh"}},
        {"id": 4, "type": "Output", "name": "kind"},
        {"id": 5, "type": "Output", "name": "box"},
    ]
    links = [(0, 1), (1, 2), (1, 3), (2, 4), (3, 5)]
    return {"nodes": nodes, "links": [{"from_node": a, "to_node": b} for a, b in links]}


def exported(network: Drawn) -> ModelProto:
    return onnx_model_of(network.description(), network.named())


def with_outputs(model: ModelProto, *names: str) -> ModelProto:
    del model.graph.output[:]
    model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
    return model


def test_each_end_is_an_output_with_the_activation_of_its_loss() -> None:
    network = drawn(two_heads(), (6,), loss="cross_entropy")
    inputs = numbers(3, 6)
    got = onnx_outputs(exported(network), {"input": inputs})
    scores, box = network.predict(inputs)
    assert list(got) == ["kind", "box"]
    np.testing.assert_allclose(got["box"], box, rtol=TOLERANCE, atol=TOLERANCE)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(got["kind"], chances, rtol=TOLERANCE, atol=TOLERANCE)


def test_outputs_called_like_their_layers_keep_those_names() -> None:
    nodes = [
        {"id": 0, "type": "DatasetInput"},
        {"id": 1, "type": "dense", "name": "z_mean", "parameters": {"units": 2}},
        {"id": 2, "type": "dense", "name": "z_log_var", "parameters": {"units": 2}},
    ]
    links = [{"from_node": 0, "to_node": place} for place in (1, 2)]
    model = exported(drawn({"nodes": nodes, "links": links}, (6,)))
    assert [output.name for output in model.graph.output] == ["z_mean", "z_log_var"]


def test_several_outputs_come_back_under_their_names() -> None:
    model = exported(drawn(two_heads(), (6,)))
    back = read(model)
    graph = parse_model_definition(json.dumps(back.definition))
    assert output_names(graph) == ("kind", "box")
    inputs = numbers(3, 6)
    again = exported(taken_up(back.definition, back.weights, (6,)))
    got, wanted = (onnx_outputs(one, {one.graph.input[0].name: inputs}) for one in (again, model))
    for name in ("kind", "box"):
        np.testing.assert_allclose(got[name], wanted[name], rtol=TOLERANCE, atol=TOLERANCE)


def test_an_output_that_leads_on_to_another_comes_back() -> None:
    nodes = [op("Gemm", "x w", "code"), op("Relu", "code", "r"), op("Gemm", "r v", "answer")]
    model = a_file(nodes, ["n", 6], {"w": weight(6, 3), "v": weight(3, 2)})
    back = read(with_outputs(model, "code", "answer"))
    assert output_names(parse_model_definition(json.dumps(back.definition))) == ("code", "answer")


def test_two_outputs_of_one_value_are_refused() -> None:
    model = a_file([op("Gemm", "x w", "a"), op("Identity", "a", "b")], ["n", 6], {"w": weight(6, 3)})
    with pytest.raises(InvalidField, match="outputs 'a' and 'b' are the same value"):
        read(with_outputs(model, "a", "b"))
