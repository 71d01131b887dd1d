"""`vit`, a transformer that sees an image as patches, and `gpt`, one that predicts the next token.

Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929 (its mean over the patches in place of a class token);
Radford et al. 2019 (its learned positions and pre-norm blocks; the head has weights of its own).
"""

from __future__ import annotations

from typing import Any

from shared.model_definition.architectures.architecture import CLASSES, DROPOUT, Architecture, count_parameter
from shared.model_definition.architectures.sketch import Sketch
from shared.model_definition.kinds.layer_kind import Parameters
from shared.model_definition.kinds.parameter_access import integer

_FEED_FORWARD = 4
_BLOCKS = (
    count_parameter("width", 64, "d_model", "embed_dim", "n_embd"),
    count_parameter("depth", 4, "num_layers", "n_layer", most=1_000),
    count_parameter("num_heads", 4, "heads", "n_head", "nhead", most=65_536),
    DROPOUT,
)


def _vit(parameters: Parameters) -> Sketch:
    sketch, width, patch = Sketch(), integer(parameters, "width"), integer(parameters, "patch_size")
    window = {"kernel_size": patch, "stride": patch, "padding": "valid"}
    last = sketch.add("patches", "Conv2D", "input", filters=width, **window)
    last = sketch.add("tokens", "Reshape", last, shape=[-1, width])
    longest = integer(parameters, "max_patches")
    last = sketch.add("positions", "PositionalEncoding", last, learned=True, max_len=longest)
    last = sketch.add("blocks", "TransformerEncoder", last, activation="gelu", **_blocks(parameters))
    last = sketch.add("norm", "LayerNorm", last)
    last = sketch.add("pool", "GlobalAvgPool", last)
    sketch.add("head", "Dense", last, units=integer(parameters, "classes"))
    return sketch


def _gpt(parameters: Parameters) -> Sketch:
    sketch, width, vocabulary = Sketch(), integer(parameters, "width"), integer(parameters, "vocab_size")
    last = sketch.add("embedding", "Embedding", "input", vocab_size=vocabulary, embedding_dim=width)
    longest = integer(parameters, "context")
    dropout = parameters["dropout"]
    last = sketch.add("positions", "PositionalEncoding", last, learned=True, max_len=longest, dropout=dropout)
    last = sketch.add("blocks", "TransformerDecoder", last, activation="gelu", **_blocks(parameters))
    last = sketch.add("norm", "LayerNorm", last)
    sketch.add("head", "Dense", last, units=vocabulary, use_bias=False)
    return sketch


def _blocks(parameters: Parameters) -> dict[str, Any]:
    width = integer(parameters, "width")
    return {
        "d_model": width,
        "num_heads": integer(parameters, "num_heads"),
        "ff_dim": _FEED_FORWARD * width,
        "num_layers": integer(parameters, "depth"),
        "dropout": parameters["dropout"],
    }


def _heads_must_share(parameters: Parameters) -> str:
    width, heads = integer(parameters, "width"), integer(parameters, "num_heads")
    return "" if width % heads == 0 else f"has width {width}, which {heads} heads cannot share; make it a multiple"


VIT = Architecture(
    "vit",
    ("vision_transformer",),
    (
        count_parameter("patch_size", 4, "patch", most=65_536),
        count_parameter("max_patches", 256, most=1_000_000),
        CLASSES,
        *_BLOCKS,
    ),
    _vit,
    _heads_must_share,
)
GPT = Architecture(
    "gpt",
    ("gpt2", "causal_lm"),
    (
        count_parameter("vocab_size", 256, "vocabulary_size", "vocab", most=2**31 - 1),
        count_parameter("context", 256, "context_length", "block_size", "max_len", most=2**31 - 1),
        *_BLOCKS,
    ),
    _gpt,
    _heads_must_share,
)
