"""Builds ONNX files as other programs write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from cyxwiz.onnx_import.definition import ImportedModel
from cyxwiz.onnx_import.import_model import imported
from cyxwiz.onnx_import.read_file import onnx_file_from_bytes


def op(operator: str, inputs: str, output: str, **attributes: Any) -> NodeProto:
    """A node; several inputs, or outputs, are separated by spaces, `-` leaves one out."""
    names = [("" if name == "-" else name) for name in inputs.split()]
    return helper.make_node(operator, names, output.split(), name=f"/net/{output.split(maxsplit=1)[0]}", **attributes)


def a_file(
    nodes: Sequence[NodeProto],
    shape: Sequence[int | str],
    weights: Mapping[str, Any] | None = None,
    *,
    opset: int = 17,
    tokens: bool = False,
) -> ModelProto:
    """A model from `x` to the last node's output."""
    kind = TensorProto.INT64 if tokens else TensorProto.FLOAT
    graph = helper.make_graph(
        list(nodes),
        "main",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(nodes[-1].output[0], TensorProto.FLOAT, None)],
        initializer=[numpy_helper.from_array(np.asarray(array), name) for name, array in (weights or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def read(model: ModelProto) -> ImportedModel:
    """What our import makes of a model."""
    return imported(onnx_file_from_bytes("net.onnx", model.SerializeToString()))


def weight(*shape: int, seed: int = 1) -> Any:
    """Weights of ordinary size."""
    return (np.random.default_rng([seed, *shape]).standard_normal(shape) * 0.3).astype(np.float32)
