"""For every type of the designer's vocabulary: a small graph with a node of it, and what becomes of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.judged_models.drawing import CODES

Shape = tuple[int, ...]
VECTOR, SEQUENCE, IMAGE, VOLUME, TOKENS = (12,), (12, 8), (8, 8, 4), (8, 8, 8, 2), (12,)
REFUSED: Mapping[str, str] = {
    "ReduceOnPlateau": "CosineAnnealing or StepLR",
    "L1Regularization": "weight_decay",
    "L2Regularization": "weight_decay",
    "ElasticNet": "weight_decay",
    "Lambda": "code in a model definition is never run",
    "Subgraph": "draw its layers here",
}
"""What is known and not run, with words of the sentence that says what to do instead."""
_ENDS = "Output MSELoss CrossEntropyLoss BCELoss BCEWithLogits L1Loss SmoothL1Loss HuberLoss NLLLoss".split()  # noqa: SIM905 - reads as a list already
_BESIDE = (*_ENDS, *(name for name, code in CODES.items() if CODES["SGD"] <= code <= CODES["ElasticNet"]))
_MERGES = ("Concatenate", "Add", "Multiply", "Average")
_SOURCES = ("Constant", "Parameter")
_ROADS = ("DataLoader", "Augmentation", "DataSplit")
_NEEDED: Mapping[str, Mapping[str, str]] = {
    "GroupNorm": {"num_groups": "2"},
    "Reshape": {"shape": "[4, 24]"},
    "View": {"shape": "[-1, 4, 24]"},
    "Permute": {"dims": "[0, 2, 1]"},
    "Constant": {"value": "1", "shape": "[12]"},
    "Parameter": {"shape": "[12]"},
    "Normalize": {"mean": "[0.1, 0.2, 0.3, 0.4]", "std": "0.5"},
    "TransformerEncoder": {"d_model": "8", "num_heads": "2", "ff_dim": "16", "num_layers": "1"},
    "TransformerDecoder": {"d_model": "8", "nhead": "2", "dim_feedforward": "16", "num_layers": "1"},
    "TensorReshape": {"shape": "-1,16,16,1"},
    "OneHotEncode": {"num_classes": "3"},
}
_SEQUENTIAL = tuple(name for name, code in CODES.items() if CODES["RNN"] <= code <= CODES["PositionalEncoding"])
_SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(_SEQUENTIAL, SEQUENCE),
    **dict.fromkeys(("Reshape", "Permute", "Unsqueeze", "View", "Split", "LayerNorm"), SEQUENCE),
    **dict.fromkeys(("Conv2D", "DepthwiseConv2D", "MaxPool2D", "AvgPool2D", "TensorReshape", "Normalize"), IMAGE),
    **dict.fromkeys(("GlobalMaxPool", "GlobalAvgPool", "AdaptiveAvgPool"), IMAGE),
    **dict.fromkeys(("BatchNorm", "GroupNorm", "InstanceNorm"), IMAGE),
    "Conv1D": SEQUENCE,
    "Conv3D": VOLUME,
    "Embedding": TOKENS,
    "Squeeze": (12, 1),
}
GIVEN: Mapping[str, tuple[Shape, int]] = {
    "Dense": ((128,), 12 * 128 + 128),
    "Conv1D": ((12, 32), 3 * 8 * 32 + 32),
    "Conv2D": ((8, 8, 32), 9 * 4 * 32 + 32),
    "Conv3D": ((8, 8, 8, 32), 27 * 2 * 32 + 32),
    "DepthwiseConv2D": ((8, 8, 4), 9 * 4 + 4),
    "MaxPool2D": ((4, 4, 4), 0),
    "AvgPool2D": ((4, 4, 4), 0),
    "GlobalMaxPool": ((4,), 0),
    "GlobalAvgPool": ((4,), 0),
    "AdaptiveAvgPool": ((1, 1, 4), 0),
    "BatchNorm": (IMAGE, 8),
    "LayerNorm": (SEQUENCE, 16),
    "GroupNorm": (IMAGE, 8),
    "InstanceNorm": (IMAGE, 8),
    "RNN": ((128,), 8 * 128 + 128 * 128 + 128),
    "LSTM": ((128,), 4 * (8 * 128 + 128 * 128 + 128)),
    "GRU": ((256,), 3 * (8 * 256 + 256 * 256 + 256)),
    "Bidirectional": ((256,), 8 * (8 * 128 + 128 * 128 + 128)),
    "TimeDistributed": ((12, 128), 8 * 128 + 128),
    "Embedding": ((12, 128), 10_000 * 128),
    **dict.fromkeys(("MultiHeadAttention", "SelfAttention", "CrossAttention", "LinearAttention"), (SEQUENCE, 4 * 72)),
    **dict.fromkeys(("TransformerEncoder", "TransformerDecoder"), (SEQUENCE, 4 * 72 + 2 * 8 * 16 + 16 + 8 + 4 * 8)),
    "PositionalEncoding": (SEQUENCE, 0),
    "PReLU": (VECTOR, 12),
    "Reshape": ((4, 24), 0),
    "Permute": ((8, 12), 0),
    "Squeeze": ((12,), 0),
    "Unsqueeze": ((1, 12, 8), 0),
    "View": ((4, 24), 0),
    "Split": ((12, 4), 0),
    "Concatenate": ((24,), 0),
    "Parameter": (VECTOR, 12),
    "TensorReshape": ((16, 16, 1), 0),
    "Normalize": (IMAGE, 0),
    "DatasetInput": ((3,), 39),
    "OneHotEncode": ((3,), 39),
    **dict.fromkeys((*_BESIDE, *_ROADS), ((3,), 39)),
}
"""Shape and parameters of the small graph, by the textbook; a vector of 12 and none where a type is not named."""


def shape_of(name: str) -> Shape:
    """One example's shape for the graph."""
    return _SHAPES.get(name, VECTOR)


def graph_with(name: str, written_type: object, **changed: Any) -> dict[str, Any]:
    """The small graph; `written_type` stands for the type, `changed` adds to what the node needs."""
    it = _node(2, written_type, "it", **{**_NEEDED.get(name, {}), **changed})
    nodes, ends = _around(name)
    graph = _graph([{**it, "id": 1} if name == "DatasetInput" else it, *nodes], *ends)
    return _with_encoded_labels(graph) if name == "OneHotEncode" else graph


def _around(name: str) -> tuple[list[dict[str, Any]], list[tuple[int, int]]]:
    """The other nodes, and the links: data 1, the node 2, a last layer 3, two roads 4 and 5, a sum 6."""
    data, last = _node(1, CODES["DatasetInput"], "data"), _node(3, CODES["Dense"], "last", units="3")
    if name == "DatasetInput":
        return [last], [(1, 3)]
    if name in _BESIDE:
        return [data, last], [(1, 3), (3, 2)]
    if name in _MERGES:
        roads = [_node(4, CODES["ReLU"], "left"), _node(5, CODES["ReLU"], "right")]
        return [data, *roads], [(1, 4), (1, 5), (4, 2), (5, 2)]
    if name in _SOURCES:
        return [data, _node(6, CODES["Add"], "sum")], [(1, 6), (2, 6)]
    if name == "OneHotEncode":
        return [data, last, _node(7, CODES["CrossEntropyLoss"], "loss")], [(1, 3), (3, 7)]
    return ([data, last], [(1, 2), (2, 3)]) if name in _ROADS else ([data], [(1, 2)])


def _with_encoded_labels(graph: dict[str, Any]) -> dict[str, Any]:
    arriving = {"from_node": 1, "to_node": 2, "from_pin_index": 1, "to_pin_index": 0}
    return {**graph, "links": [*graph["links"], arriving, {"from_node": 2, "to_node": 7, "to_pin_index": 1}]}


def _node(node_id: int, written_type: object, name: str, **parameters: Any) -> dict[str, Any]:
    return {"id": node_id, "type": written_type, "name": name, "parameters": parameters}


def _graph(nodes: list[dict[str, Any]], *ends: tuple[int, int]) -> dict[str, Any]:
    return {"nodes": nodes, "links": [{"from_node": start, "to_node": end} for start, end in ends]}
