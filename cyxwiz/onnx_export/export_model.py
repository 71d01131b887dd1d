"""A trained model as one ONNX file: the graph of its layers, the weights inside, the prediction as it leaves.

The file takes what the dataset holds: images channels-last, tokens as int32, numbers before the dataset's own
`normalize` was done to them. A softmax or sigmoid that training computed inside the loss is there again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper

from cyxwiz.onnx_export.activations import activated
from cyxwiz.onnx_export.emitters import EMITTERS, KEEPING_TOKENS
from cyxwiz.onnx_export.exported_layer import ExportedLayer, FloatArray, exported_layers
from cyxwiz.onnx_export.graph_writer import GraphWriter, Value
from shared.errors import NotSupported, TooLarge
from shared.hyperparameter_names import Loss
from shared.model_definition.fuse import fuse_final_activation
from shared.model_definition.parse import parse_model_definition
from shared.user_model import FORM

OPSET, IR_VERSION = 20, 9
"""The first opset with Gelu as one operator, and the file format it came with."""
INPUT, OUTPUT = "input", "output"
LARGEST_BYTES = 2_000_000_000
"""ONNX keeps weights in one protobuf message, which ends at 2 GiB."""


def onnx_model_of(description: Mapping[str, Any], weights: Mapping[str, FloatArray]) -> ModelProto:
    """The ONNX model of a result.

    Args:
        description: what `model.json` holds.
        weights: `<layer>.<array>` to array, as in `model.safetensors`.

    Raises:
        BadData: when the description is none of a result.
        NotSupported: naming the layer that ONNX, or this export, cannot say.
        TooLarge: when the weights do not fit into one file.
    """
    layers = exported_layers(description, weights)
    for layer in layers:
        _check_can_be_said(layer)
    size_bytes = sum(array.nbytes for array in weights.values())
    if size_bytes > LARGEST_BYTES:
        raise TooLarge(
            f"the weights are {size_bytes:,} bytes, an ONNX file holds at most {LARGEST_BYTES:,}; "
            "use model.safetensors, which has no such limit"
        )
    entering = _entering(layers)
    writer = GraphWriter(next(iter(entering.values())).name)
    leaving = _written(writer, layers, entering, description)
    for name, value in leaving.items():
        writer.nodes.append(helper.make_node("Identity", [writer.channels_last(value)], [name], name=name))
    model = _model(writer, [_described(value) for value in entering.values()], leaving, description)
    checker.check_model(model, full_check=True)
    return model


def _check_can_be_said(layer: ExportedLayer) -> None:
    if layer.kind == FORM:
        raise NotSupported(
            "a model written in Python has no layers that ONNX could say; its weights are in safetensors"
        )
    if layer.kind not in EMITTERS and layer.kind not in {"input", "output"}:
        raise NotSupported(f"layer {layer.name} is of kind {layer.kind}, which the ONNX export cannot write yet")


def _entering(layers: tuple[ExportedLayer, ...]) -> dict[str, Value]:
    """What the model takes, by the name of the layer that reads it."""
    inputs = [layer for layer in layers if layer.kind == "input"]
    tokens = _reading_tokens(layers)
    return {
        layer.name: Value(
            INPUT if len(inputs) == 1 else layer.name, layer.output_shape, is_integer=layer.name in tokens
        )
        for layer in inputs
    }


def _reading_tokens(layers: tuple[ExportedLayer, ...]) -> set[str]:
    """The names of the layers whose values are looked up in a table, as they are or moved about."""
    found: set[str] = set()
    for layer in reversed(layers):
        if layer.kind == "embedding" or (layer.name in found and layer.kind in KEEPING_TOKENS):
            found.update(layers[position].name for position in layer.inputs)
    return found


def _written(
    writer: GraphWriter,
    layers: tuple[ExportedLayer, ...],
    entering: Mapping[str, Value],
    description: Mapping[str, Any],
) -> dict[str, Value]:
    """Write every layer; give what leaves by its name."""
    values: list[Value] = []
    for layer in layers:
        writer.begin_layer(layer.name)
        if layer.kind == "input":
            values.append(_scaled(writer, entering[layer.name], description.get("normalization")))
            continue
        inputs = tuple(values[position] for position in layer.inputs)
        if layer.kind not in KEEPING_TOKENS:
            inputs = tuple(writer.real(value) for value in inputs)
        values.append(inputs[0] if layer.kind == "output" else EMITTERS[layer.kind](writer, layer, inputs))
    leaving: dict[str, Value] = {}
    for place, (name, position, loss) in enumerate(_ends(layers, description)):
        writer.begin_layer(OUTPUT if place == 0 else f"{OUTPUT}_{place + 1}")
        leaving[name] = activated(writer, writer.real(values[position]), _activation_in_loss(description, loss, place))
    return leaving


def _ends(layers: tuple[ExportedLayer, ...], description: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """Name, position and loss of each output; the loss is empty where an output is compared with nothing."""
    positions = {layer.name: position for position, layer in enumerate(layers)}
    rows = description.get("outputs")
    if rows:
        entering = {layer.name for layer in layers if layer.kind == "input"}
        names = _free_names([row["name"] for row in rows], entering | {INPUT})
        return [(name, positions[row["layer"]], row["loss"] or "") for name, row in zip(names, rows, strict=True)]
    read = {position for layer in layers for position in layer.inputs}
    last = max(position for position in range(len(layers)) if position not in read)
    return [(OUTPUT, last, description["loss"])]


def _free_names(wanted: list[str], taken: set[str]) -> list[str]:
    """The names of outputs, which must differ from those of inputs."""
    return [f"{name}_output" if name in taken else name for name in wanted]


def _scaled(writer: GraphWriter, value: Value, normalization: Mapping[str, Any] | None) -> Value:
    """Do to the input what the dataset's `normalize` did to it."""
    if normalization is None or value.is_integer:
        return value
    offset, width = (np.asarray(normalization[name], np.float32) for name in ("offset", "width"))
    centred = writer.node("Sub", value.name, writer.constant("offset", offset))
    return replace(value, name=writer.node("Div", centred, writer.constant("width", width)))


def _activation_in_loss(description: Mapping[str, Any], loss: str, place: int) -> str:
    """The last activation of the definition that training left to the loss; empty for none."""
    if not loss:
        return ""
    graph = parse_model_definition(json.dumps(description["definition"]))
    if fuse_final_activation(graph, Loss(loss), place) is graph:
        return ""
    last = next(node for node in graph.nodes if node.node_id == graph.outputs[place])
    return last.kind if last.kind in {"softmax", "sigmoid"} else str(last.parameters["activation"])


def _described(value: Value) -> Any:
    kind = TensorProto.INT32 if value.is_integer else TensorProto.FLOAT
    return helper.make_tensor_value_info(value.name, kind, ["batch", *value.shape])


def _model(
    writer: GraphWriter, inputs: list[Any], leaving: Mapping[str, Value], description: Mapping[str, Any]
) -> ModelProto:
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *value.shape])
        for name, value in leaving.items()
    ]
    graph = helper.make_graph(writer.nodes, "model", inputs, outputs, initializer=writer.constants)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="cyxwiz",
        doc_string=f"one example: {inputs_in_words(description)}; images are channels-last",
    )
    properties = {"layout": "channels_last"}
    if description.get("class_names"):
        properties["class_names"] = json.dumps(description["class_names"])
    helper.set_model_props(model, properties)
    return model


def inputs_in_words(description: Mapping[str, Any]) -> str:
    """One example's shape, for people."""
    shape = description["input_shape"]
    return f"{tuple(shape)}, {math.prod(shape)} numbers"
