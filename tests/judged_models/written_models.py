"""Models that are written instead of drawn: layers in a row, lists of widths, the short form, names of the zoo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.judged_models.counts import attention, conv, dense, depthwise, encoder_block, gru, lstm, norm
from tests.judged_models.judged_model import JudgedModel

_CLASSES = "synthetic://classification?features=12&classes=4&seed=9"
_IMAGES = "synthetic://images?height=16&width=16&channels=3&classes=10&seed=9"
_GREY = "synthetic://images?height=8&width=8&channels=1&classes=10&seed=9"
_SEQUENCES = "synthetic://sequences?length=12&features=6&classes=4&seed=9"
_TOKENS = "synthetic://tokens?length=12&vocab=40&classes=4&seed=9"
_NEXT = "synthetic://tokens?length=12&vocab=40&classes=0&seed=9"
Shape = tuple[int, ...]


def _vector(name: str, definition: Mapping[str, Any], count: int) -> JudgedModel:
    return JudgedModel(name, definition, _CLASSES, (12,), (4,), count)


def _image(name: str, definition: Mapping[str, Any], count: int, *, is_light: bool = True) -> JudgedModel:
    return JudgedModel(name, definition, _IMAGES, (16, 16, 3), (10,), count, {}, is_light=is_light)


def _row(*layers: Any, **beside: Any) -> dict[str, Any]:
    return {"layers": list(layers), **beside}


_LENET = _row(
    {"type": "Conv2D", "filters": 6, "kernel_size": 5, "activation": "relu", "padding": "same"},
    {"type": "MaxPool2D", "pool_size": 2},
    {"type": "conv_2d", "filters": "16", "kernel_size": "5", "padding": "VALID", "activation": "ReLU"},
    {"type": "maxpool2d", "pool_size": "(2, 2)", "strides": 2},
    {"type": "Flatten"},
    {"type": "DENSE", "units": 120.0, "activation": "relu"},
    {"type": "dense", "units": "84", "activation": "relu", "name": "penultimate"},
    {"type": "Dense", "units": 10, "activation": "softmax"},
    name="LeNet",
    input_shape=[16, 16, 3],
)
_LENET_COUNT = conv(5, 3, 6) + conv(5, 6, 16) + dense(64, 120) + dense(120, 84) + dense(84, 10)
_SEPARABLE = _row(
    {"type": "depthwise-conv2d", "params": {"kernel_size": 3, "depth_multiplier": 2}},
    {"type": "BATCH_NORM", "config": {"momentum": "0.1"}},
    {"type": "ReLU"},
    {"type": "Conv2D", "parameters": {"filters": 12, "kernel_size": 1, "padding": 0}},
    {"type": "GlobalAvgPool2D"},
    {"type": "Dense", "units": 10},
)
_SHORT = {
    "type": "mlp",
    "input_size": 12,
    "output_size": 4,
    "hidden_layers": [24, 16],
    "activation": "relu",
    "output_activation": "softmax",
}
_SHORT_COUNT = dense(12, 24) + dense(24, 16) + dense(16, 4)


def _resnet_count(depth: int, width: int, stem: int, classes: int) -> int:
    """He 2015 on three channels, from the numbers of its blocks."""
    blocks = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}[depth]
    count, channels = conv(stem, 3, width, bias=False) + norm(width), width
    for stage, number in enumerate(blocks):
        inner = width * 2**stage
        outer = inner * (4 if depth == 50 else 1)
        for _ in range(number):
            kernels: tuple[tuple[int, int, int], ...] = ((1, channels, inner), (3, inner, inner), (1, inner, outer))
            if depth != 50:
                kernels = ((3, channels, inner), (3, inner, outer))
            if channels != outer:
                kernels = (*kernels, (1, channels, outer))
            count += sum(conv(*kernel, bias=False) + norm(kernel[2]) for kernel in kernels)
            channels = outer
    return count + dense(channels, classes)


ROWS = (
    _image("row_lenet", _LENET, _LENET_COUNT),
    _image("row_separable", _SEPARABLE, depthwise(3, 3, 2) + norm(6) + conv(1, 6, 12) + dense(12, 10)),
    _vector("row_of_widths", _row(24, 16, 4), _SHORT_COUNT),
    _vector("row_of_widths_as_text", _row("24", "16", "4"), _SHORT_COUNT),
    _vector("row_mlp_with_input", {"architecture": "MLP", "layers": [12, 24, 16, 4]}, _SHORT_COUNT),
    _vector("row_codes", _row({"type": 0, "units": 24}, {"type": 34}, {"type": "0", "units": 4}), dense(12, 24) + 100),
    _vector(
        "row_norms",
        _row(
            {"type": "Input", "shape": [12]},
            {"type": "Linear", "out_features": 24},
            {"type": "layer_norm", "eps": "1e-6"},
            {"type": "LeakyReLU", "negative_slope": "0.2"},
            {"type": "Dropout", "p": 0.1},
            {"type": "Dense", "units": 4, "use_bias": "false"},
        ),
        dense(12, 24) + norm(24) + dense(24, 4, bias=False),
    ),
    JudgedModel(
        "row_bidirectional",
        _row(
            {"type": "Embedding", "vocab_size": 40, "embedding_dim": 8},
            {"type": "GRU", "units": 8, "bidirectional": True},
            {"type": "Dense", "units": 4},
        ),
        _TOKENS,
        (12,),
        (4,),
        40 * 8 + 2 * gru(8, 8) + dense(16, 4),
    ),
    JudgedModel(
        "row_attention",
        _row(
            {"type": "TimeDistributed", "units": 8},
            {"type": "Self_Attention", "num_heads": 2},
            {"type": "GlobalMaxPool"},
            {"type": "Dense", "units": 4},
        ),
        _SEQUENCES,
        (12, 6),
        (4,),
        dense(6, 8) + attention(8) + dense(8, 4),
    ),
    JudgedModel(
        "row_lstm_with_state",
        _row({"type": "LSTM", "units": 8, "return_state": True}, {"type": "Dense", "units": 4}),
        _SEQUENCES,
        (12, 6),
        (4,),
        lstm(6, 8) + dense(8, 4),
    ),
)
SHORT_FORMS = (
    _vector("short_form", _SHORT, _SHORT_COUNT),
    _vector(
        "short_form_as_text",
        {"type": "MLP", "input_size": "12", "output_size": "4", "hidden_layers": "[24, 16]"},
        _SHORT_COUNT,
    ),
    _vector("short_form_of_nothing_hidden", {"type": "mlp", "input_size": 12, "output_size": 4}, dense(12, 4)),
)
ZOO = (
    _vector("zoo_mlp", {"architecture": "MLP", "hidden": [24, 16], "classes": 4}, _SHORT_COUNT),
    _image(
        "zoo_cnn",
        {"architecture": "cnn", "filters": "8, 16", "units": "32"},
        conv(3, 3, 8) + conv(3, 8, 16) + dense(4 * 4 * 16, 32) + dense(32, 10),
    ),
    *(
        _image(
            f"zoo_resnet{depth}",
            {"architecture": "ResNet", "depth": depth, "width": 4},
            _resnet_count(depth, 4, 3, 10),
            is_light=False,
        )
        for depth in (18, 34, 50)
    ),
    JudgedModel(
        "zoo_vit",
        {"architecture": "ViT", "patch_size": 4, "max_patches": 4, "width": 16, "depth": 2, "heads": 2},
        _GREY,
        (8, 8, 1),
        (10,),
        conv(4, 1, 16) + 4 * 16 + 2 * encoder_block(16, 64) + norm(16) + dense(16, 10),
    ),
    JudgedModel(
        "zoo_gpt",
        {"architecture": "GPT", "vocab_size": 40, "context": 12, "width": 16, "depth": "2", "heads": 2},
        _NEXT,
        (12,),
        (12, 40),
        40 * 16 + 12 * 16 + 2 * encoder_block(16, 64) + norm(16) + dense(16, 40, bias=False),
    ),
    JudgedModel(
        "zoo_lstm",
        {"architecture": "lstm", "hidden_size": 8, "num_layers": 2, "classes": 4},
        _SEQUENCES,
        (12, 6),
        (4,),
        lstm(6, 8) + lstm(8, 8) + dense(8, 4),
    ),
    JudgedModel(
        "zoo_autoencoder",
        {"architecture": "autoencoder", "input_shape": "[8, 8, 1]", "hidden": 32, "latent_dim": 8},
        f"{_GREY}&target=input",
        (8, 8, 1),
        (8, 8, 1),
        dense(64, 32) + dense(32, 8) + dense(8, 32) + dense(32, 64),
    ),
)  # fmt: skip
_IMAGENET = "synthetic://images?height=224&width=224&channels=3&classes=1000&seed=9"
TRUE_SIZE_ZOO = tuple(
    JudgedModel(
        f"zoo_resnet{depth}_true_size",
        {"architecture": f"resnet-{depth}", "width": 64, "stem": "imagenet", "classes": 1000},
        _IMAGENET,
        (224, 224, 3),
        (1000,),
        published,
    )
    for depth, published in ((18, 11_689_512), (34, 21_797_672), (50, 25_557_032))
)
"""The counts that everyone publishes for these networks."""
WRITTEN_MODELS = (*ROWS, *SHORT_FORMS, *ZOO)
