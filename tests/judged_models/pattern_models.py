"""Patterns of the designer's library: string ids, `$name` parameters, images channels-first in written dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from tests.judged_models.counts import attention, conv, dense, encoder_block, lstm, norm
from tests.judged_models.judged_model import JudgedModel

Step = tuple[str, str, dict[str, Any]]


def pattern(
    name: str, parameters: dict[str, tuple[str, Any]], nodes: Sequence[Step], links: Sequence[str]
) -> dict[str, Any]:
    """A file of the pattern library: parameters with type and default, nodes, and links written as `from>to`."""
    return {
        "id": name,
        "name": name.replace("_", " ").title(),
        "category": "Basic",
        "description": "drawn for a test",
        "parameters": [
            {"name": key, "type": kind, "default_value": str(value), "description": key}
            for key, (kind, value) in parameters.items()
        ],
        "template": {
            "nodes": [
                {"id": node_id, "type": kind, "name": node_id, "params": params, "pos": [0, 0]}
                for node_id, kind, params in nodes
            ],
            "links": [{"from": link.split(">")[0], "to": link.split(">")[1]} for link in links],
        },
    }


def _row(nodes: Sequence[Step]) -> list[str]:
    return [f"{first[0]}>{second[0]}" for first, second in pairwise(nodes)]


def perceptron() -> JudgedModel:
    nodes: list[Step] = [
        ("input", "DatasetInput", {"input_shape": "[12]"}),
        ("hidden", "Dense", {"units": "$hidden_units"}),
        ("act", "$activation", {}),
        ("drop", "Dropout", {"rate": "$dropout"}),
        ("head", "Dense", {"units": "$num_classes"}),
        ("out", "Output", {"classes": "$num_classes"}),
    ]
    parameters = {
        "hidden_units": ("int", 24),
        "activation": ("string", "GELU"),
        "dropout": ("float", 0.1),
        "num_classes": ("int", 4),
    }
    return JudgedModel(
        "pattern_perceptron",
        pattern("mlp", parameters, nodes, _row(nodes)),
        "synthetic://classification?features=12&classes=4&seed=8",
        (12,),
        (4,),
        dense(12, 24) + dense(24, 4),
    )


def residual() -> JudgedModel:
    nodes: list[Step] = [
        ("input", "DatasetInput", {}),
        ("conv1", "Conv2D", {"filters": "$filters", "kernel_size": 3, "padding": "same"}),
        ("bn1", "BatchNorm2D", {}),
        ("relu1", "ReLU", {}),
        ("conv2", "Conv2D", {"filters": "$filters", "kernel_size": "3", "padding": "same"}),
        ("bn2", "BatchNorm", {}),
        ("add", "Add", {}),
        ("relu2", "ReLU", {}),
        ("pool", "GlobalAvgPool2D", {}),
        ("fc", "Dense", {"units": 4}),
    ]
    links = [
        "relu1>conv2",
        "input>conv1",
        "conv1>bn1",
        "bn1>relu1",
        "conv2>bn2",
        "bn2>add",
        "conv1>add",
        "add>relu2",
        "relu2>pool",
        "pool>fc",
    ]
    count = conv(3, 3, 6) + conv(3, 6, 6) + 2 * norm(6) + dense(6, 4)
    return JudgedModel(
        "pattern_residual",
        pattern("residual_block", {"filters": ("int", 6)}, nodes, links),
        "synthetic://images?height=8&width=8&channels=3&classes=4&seed=8",
        (8, 8, 3),
        (4,),
        count,
    )


def encoder() -> JudgedModel:
    nodes: list[Step] = [
        ("tokens", "Input", {}),
        ("embed", "Embedding", {"num_embeddings": "$vocab", "embedding_dim": "$d_model"}),
        ("pos", "PositionalEncoding", {"max_seq_len": 64, "d_model": "$d_model"}),
        ("mha", "MultiHeadAttention", {"embed_dim": "$d_model", "num_heads": "$heads"}),
        ("add1", "Add", {}),
        ("norm1", "LayerNorm", {"normalized_shape": "$d_model"}),
        ("ff1", "Dense", {"units": "$ff_dim"}),
        ("gelu", "GELU", {}),
        ("ff2", "Dense", {"units": "$d_model"}),
        ("add2", "Add", {}),
        ("norm2", "LayerNorm", {"normalized_shape": "[$d_model]"}),
        ("pool", "GlobalAvgPool", {}),
        ("head", "Dense", {"units": 3}),
    ]
    links = [
        "tokens>embed",
        "embed>pos",
        "pos>mha",
        "pos>add1",
        "mha>add1",
        "add1>norm1",
        "norm1>ff1",
        "ff1>gelu",
        "gelu>ff2",
        "norm1>add2",
        "ff2>add2",
        "add2>norm2",
        "norm2>pool",
        "pool>head",
    ]
    parameters = {"vocab": ("int", 40), "d_model": ("int", 16), "heads": ("int", 4), "ff_dim": ("int", 32)}
    return JudgedModel(
        "pattern_encoder",
        pattern("transformer", parameters, nodes, links),
        "synthetic://tokens?length=12&vocab=40&classes=3&seed=8",
        (12,),
        (3,),
        40 * 16 + encoder_block(16, 32) + dense(16, 3),
    )


def generator() -> JudgedModel:
    """Written dimensions are channels-first: 8 channels of 7 by 7."""
    nodes: list[Step] = [
        ("in", "DatasetInput", {"input_shape": "[12]"}),
        ("fc", "Dense", {"units": 392}),
        ("reshape", "Reshape", {"shape": "[8, 7, 7]"}),
        (
            "up",
            "Conv2D",
            {"filters": "$channels", "kernel_size": 4, "stride": 2, "padding": "same", "transposed": True},
        ),
        ("act", "ReLU", {}),
        ("pool", "GlobalMaxPool", {}),
        ("head", "Dense", {"units": 4}),
    ]
    count = dense(12, 392) + conv(4, 8, 5) + dense(5, 4)
    return JudgedModel(
        "pattern_generator",
        pattern("generator", {"channels": ("int", 5)}, nodes, _row(nodes)),
        "synthetic://classification?features=12&classes=4&seed=8",
        (12,),
        (4,),
        count,
    )


def recurrent() -> JudgedModel:
    nodes: list[Step] = [
        ("in", "Input", {}),
        ("lstm1", "LSTM", {"hidden_size": "$hidden", "num_layers": 1, "return_sequences": "$sequences"}),
        ("lstm2", "LSTM", {"hidden_size": "$hidden"}),
        ("fc", "Dense", {"units": 4, "activation": "softmax"}),
    ]
    parameters = {"hidden": ("int", 8), "sequences": ("bool", "true")}
    return JudgedModel(
        "pattern_lstm",
        pattern("lstm", parameters, nodes, _row(nodes)),
        "synthetic://sequences?length=12&features=6&classes=4&seed=8",
        (12, 6),
        (4,),
        lstm(6, 8) + lstm(8, 8) + dense(8, 4),
    )


def attention_gate() -> JudgedModel:
    nodes: list[Step] = [
        ("in", "Input", {}),
        ("attn", "SelfAttention", {"d_model": 8, "num_heads": 2}),
        ("lift", "TimeDistributed", {"units": 8}),
        ("mul", "Multiply", {}),
        ("pool", "GlobalAvgPool", {}),
        ("fc", "Dense", {"units": 4}),
    ]
    links = ["in>lift", "lift>attn", "attn>mul", "lift>mul", "mul>pool", "pool>fc"]
    return JudgedModel(
        "pattern_gate",
        pattern("gate", {}, nodes, links),
        "synthetic://sequences?length=12&features=6&classes=4&seed=8",
        (12, 6),
        (4,),
        dense(6, 8) + attention(8) + dense(8, 4),
    )


PATTERN_MODELS = (perceptron(), residual(), encoder(), generator(), recurrent(), attention_gate())
