"""Small definitions, at least one for every kind of layer and for what each may say, that the ONNX tests share."""

from __future__ import annotations

from typing import Any

from shared.model_definition.graph import Shape
from shared.model_definition.kinds import KINDS
from tests.shared.kind_examples import input_shapes, needed_parameters

SMALL: dict[str, dict[str, Any]] = {
    **{kind: {"units": 6} for kind in ("rnn", "lstm", "gru", "bidirectional")},
    **{kind: {"d_model": 8, "num_heads": 2, "ff_dim": 12} for kind in ("transformer_encoder", "transformer_decoder")},
    **{
        kind: {"num_heads": 2}
        for kind in ("multi_head_attention", "self_attention", "cross_attention", "linear_attention")
    },
    "positional_encoding": {"max_len": 9},
    "embedding": {"vocab_size": 11, "embedding_dim": 4},
}
SEQUENCE = (5, 8)


def shape_for(kind: str) -> Shape:
    if kind == "embedding":
        return (5,)
    found = input_shapes(kind)
    return SEQUENCE if not found or found[0] == (5, 512) else found[0]


def a_graph(kind: str, parameters: dict[str, Any], inputs: int) -> dict[str, Any]:
    """An input that feeds the layer once, or itself and layers like it where it takes several."""
    nodes: list[dict[str, Any]] = [{"id": 0, "type": "DatasetInput"}, {"id": 1, "type": kind, "parameters": parameters}]
    links = [{"from_node": 0, "to_node": 1, "to_pin_index": 0}]
    for pin in range(1, inputs):
        nodes.append({"id": pin + 1, "type": "sigmoid"})
        links += [{"from_node": 0, "to_node": pin + 1}, {"from_node": pin + 1, "to_node": 1, "to_pin_index": pin}]
    return {"nodes": nodes, "links": links}


def a_source(kind: str) -> dict[str, Any]:
    """A layer that nothing feeds, added to the input."""
    nodes = [
        {"id": 0, "type": "DatasetInput"},
        {"id": 1, "type": kind, "parameters": {"shape": [8]} | ({"value": 0.5} if kind == "constant" else {})},
        {"id": 2, "type": "concatenate"},
    ]
    nodes.append({"id": 3, "type": "unsqueeze"})
    nodes.append({"id": 4, "type": "squeeze", "parameters": {"dim": 1}})
    links = [(0, 2), (1, 2), (2, 3), (3, 4)]
    return {"nodes": nodes, "links": [{"from_node": a, "to_node": b} for a, b in links]}


def a_kind(kind: str) -> tuple[dict[str, Any], Shape]:
    """A definition with one layer of the kind, fed as often as it likes, and one example's shape."""
    parameters = needed_parameters(kind) | SMALL.get(kind, {})
    inputs = max(KINDS[kind].least_inputs, len(input_shapes(kind)))
    return a_graph(kind, parameters, inputs), (8,) if kind == "dense" else shape_for(kind)


IMAGE = (7, 6, 3)
ROWS: list[tuple[list[dict[str, Any]], Shape]] = [
    ([{"type": "conv2d", "filters": 4, "kernel_size": [3, 2], "stride": 2, "activation": "gelu"}], IMAGE),
    ([{"type": "conv2d", "filters": 4, "kernel_size": 4, "stride": [2, 3], "use_bias": False}], IMAGE),
    ([{"type": "conv2d", "filters": 4, "padding": "valid", "activation": "softmax"}], IMAGE),
    *[
        ([{"type": "conv2d", "filters": 4, "transposed": True, "kernel_size": k, "stride": s, "padding": p}], IMAGE)
        for k, s in ((3, 1), (3, 2), (2, 3), (4, 2))
        for p in ("same", "valid")
    ],
    ([{"type": "conv1d", "filters": 4, "transposed": True, "stride": 2}], (7, 3)),
    ([{"type": "depthwise_conv2d", "depth_multiplier": 2, "stride": 2, "activation": "relu"}], IMAGE),
    ([{"type": "max_pool2d", "pool_size": 3, "stride": 2, "padding": "same"}], IMAGE),
    ([{"type": "avg_pool2d", "pool_size": [3, 2], "stride": 1, "padding": "same"}], IMAGE),
    ([{"type": "adaptive_avg_pool", "output_size": [3, 4]}], IMAGE),
    ([{"type": "adaptive_avg_pool", "output_size": [7, 3]}], IMAGE),
    ([{"type": "batch_norm"}], (6,)),
    ([{"type": "batch_norm"}, {"type": "prelu"}, {"type": "flatten"}], IMAGE),
    ([{"type": "conv2d", "filters": 6}, {"type": "prelu"}, {"type": "group_norm", "num_groups": 2}], IMAGE),
    ([{"type": "group_norm", "num_groups": 2}], (6,)),
    ([{"type": "instance_norm", "affine": False}], IMAGE),
    ([{"type": "layer_norm", "normalized_shape": [6, 3]}], IMAGE),
    ([{"type": "conv2d", "filters": 6}, {"type": "reshape", "shape": [-1, 21, 12]}], IMAGE),
    ([{"type": "upsample", "size": [2, 3]}], IMAGE),
    ([{"type": "normalize", "mean": "0.4, 0.5, 0.6", "std": "0.2, 2, 0.5"}], IMAGE),
    ([{"type": "conv2d", "filters": 2}, {"type": "normalize", "mean": 0.3, "std": [0.2, 2]}], IMAGE),
    ([{"type": "average", "dim": 2, "keepdim": False}], IMAGE),
    ([{"type": "leaky_relu", "negative_slope": 0.3}, {"type": "elu", "alpha": 0.7}], IMAGE),
    ([{"type": "dense", "units": 4, "use_bias": False, "activation": "mish"}], (6,)),
    ([{"type": "lstm", "units": 4, "num_layers": 2, "bidirectional": True}], SEQUENCE),
    ([{"type": "lstm", "units": 4, "return_sequences": True}, {"type": "dense", "units": 3}], SEQUENCE),
    ([{"type": "lstm", "units": 4, "return_state": True}], SEQUENCE),
    ([{"type": "gru", "units": 4, "num_layers": 2, "return_sequences": True}], SEQUENCE),
    ([{"type": "gru", "units": 4, "bidirectional": True}], SEQUENCE),
    *[([{"type": "rnn", "units": 4, "activation": a}], SEQUENCE) for a in ("relu", "sigmoid", "linear")],
    *[
        ([{"type": "bidirectional", "units": 4, "layer_type": c, "merge_mode": m, "return_sequences": s}], SEQUENCE)
        for c, m, s in (("lstm", "sum", True), ("gru", "average", False), ("rnn", "multiply", True))
    ],
    ([{"type": "self_attention", "num_heads": 2, "causal": True, "use_bias": False}], SEQUENCE),
    ([{"type": "linear_attention", "num_heads": 2, "causal": True, "feature_map": "relu"}], SEQUENCE),
    ([{"type": "transformer_encoder", "d_model": 8, "num_heads": 2, "ff_dim": 9, "causal": True}], SEQUENCE),
    ([{"type": "transformer_decoder", "d_model": 8, "num_heads": 2, "ff_dim": 9, "num_layers": 2}], SEQUENCE),
    ([{"type": "positional_encoding", "learned": True, "max_len": 9}], SEQUENCE),
]
