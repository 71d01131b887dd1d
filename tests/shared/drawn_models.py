"""Well-known models drawn as people draw them, each as a designer graph and as a pattern, with counts made by hand.

A drawing is a list of layers, each with what feeds it; `designer_form` and `pattern_form` write it
down in the two ways.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.model_definition.graph import Shape
from shared.model_definition.vocabulary import DESIGNER_NAMES, designer_name


@dataclass(frozen=True, slots=True)
class DrawnLayer:
    name: str
    type: str
    sources: tuple[str, ...]
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DrawnModel:
    """A model, one example's shapes going in and coming out, its parameters; and data of its shape, if it is small."""

    name: str
    layers: tuple[DrawnLayer, ...]
    input_shape: Shape
    output_shape: Shape
    parameters: int
    dataset: str = ""
    loss: str = ""

    def __str__(self) -> str:
        return self.name

    def designer_form(self) -> dict[str, Any]:
        """Integer codes, string values, pins by index, and the first link of all written twice."""
        ids = {layer.name: place for place, layer in enumerate(self.layers, start=1)}
        links = [
            {"from_node": ids[source], "to_node": ids[layer.name], "from_pin": 7, "from_pin_index": 0,
             "to_pin": 9, "to_pin_index": pin}
            for layer in self.layers for pin, source in enumerate(layer.sources)
        ]  # fmt: skip
        nodes = [
            {"id": ids[layer.name], "type": _code(layer.type), "name": layer.name, "parameters": _strings(layer)}
            for layer in self.layers
        ]
        return {"framework": 0, "nodes": nodes, "links": [links[0], *links]}

    def pattern_form(self) -> dict[str, Any]:
        """Names, params, and every whole number of a layer as a `$parameter` of its own."""
        parameters: list[dict[str, Any]] = []
        nodes = [
            {"id": layer.name, "type": layer.type, "params": _with_places(layer, parameters)} for layer in self.layers
        ]
        links = [{"from": source, "to": layer.name} for layer in self.layers for source in layer.sources]
        template = {"nodes": nodes, "links": links}
        return {"id": self.name, "name": self.name, "category": "test", "parameters": parameters, "template": template}


def _code(type_name: str) -> int:
    name = designer_name(type_name)
    assert name is not None
    return DESIGNER_NAMES.index(name)


def _strings(layer: DrawnLayer) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in layer.parameters.items()}


def _with_places(layer: DrawnLayer, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in layer.parameters.items():
        given[name] = value
        if isinstance(value, int) and not isinstance(value, bool):
            place = f"{layer.name}_{name}"
            parameters.append({"name": place, "type": "int", "default_value": value, "min_value": 1})
            given[name] = f"${place}"
    return given


class Pencil:
    """Draws layers one after the other; `sources` are the last layer unless said."""

    def __init__(self) -> None:
        self.layers: list[DrawnLayer] = []
        self.last = self.draw("DatasetInput", name="input", sources=())

    def draw(self, type_name: str, *, name: str = "", sources: Sequence[str] | None = None, **parameters: Any) -> str:
        name = name or f"{type_name.lower()}_{len(self.layers)}"
        self.layers.append(DrawnLayer(name, type_name, (self.last,) if sources is None else tuple(sources), parameters))
        self.last = name
        return name

    def model(
        self, name: str, shapes: tuple[Shape, Shape], parameters: int, dataset: str = "", loss: str = ""
    ) -> DrawnModel:
        self.draw("Output")
        return DrawnModel(name, tuple(self.layers), *shapes, parameters, dataset, loss)


def lenet() -> DrawnModel:
    pen = Pencil()
    pen.draw("Conv2D", filters=6, kernel_size=5, padding="same", activation="tanh")
    pen.draw("AvgPool2D", pool_size=2, stride=2)
    pen.draw("Conv2D", filters=16, kernel_size=5, padding="valid", activation="tanh")
    pen.draw("AvgPool2D", pool_size=2, stride=2)
    pen.draw("Flatten")
    pen.draw("Dense", units=120, activation="tanh")
    pen.draw("Dense", units=84, activation="tanh")
    pen.draw("Dense", units=10)
    pen.draw("Softmax")
    data = "synthetic://images?samples=40&height=28&width=28"
    return pen.model("lenet", ((28, 28, 1), (10,)), 156 + 2_416 + 48_120 + 10_164 + 850, data)


def alexnet() -> DrawnModel:
    pen = Pencil()
    pen.draw("Conv2D", filters=96, kernel_size=11, stride=4, padding="valid", activation="relu")
    pen.draw("MaxPool2D", pool_size=3, stride=2)
    pen.draw("Conv2D", filters=256, kernel_size=5, activation="relu")
    pen.draw("MaxPool2D", pool_size=3, stride=2)
    for filters in (384, 384, 256):
        pen.draw("Conv2D", filters=filters, kernel_size=3, activation="relu")
    pen.draw("MaxPool2D", pool_size=3, stride=2)
    for _ in range(2):
        pen.draw("Dense", units=4_096, activation="relu")
        pen.draw("Dropout", rate=0.5)
    pen.draw("Dense", units=1_000)
    return pen.model("alexnet", ((227, 227, 3), (1_000,)), 62_378_344)


def vgg16(side: int = 224, width: int = 64, hidden: int = 4_096, classes: int = 1_000) -> DrawnModel:
    pen, channels, count = Pencil(), 3, 0
    for block, convolutions in enumerate((2, 2, 3, 3, 3)):
        filters = min(width * 2**block, width * 8)
        for _ in range(convolutions):
            pen.draw("Conv2D", filters=filters, kernel_size=3, stride=1, padding="same")
            pen.draw("ReLU")
            count += 9 * channels * filters + filters
            channels = filters
        pen.draw("MaxPool2D", pool_size=2, stride=2)
    pen.draw("Flatten")
    features = (side // 32) ** 2 * channels
    for units in (hidden, hidden):
        pen.draw("Dense", units=units, activation="relu")
        pen.draw("Dropout", rate=0.5)
        count, features = count + features * units + units, units
    pen.draw("Dense", units=classes)
    count += features * classes + classes
    data = f"synthetic://images?samples=16&height={side}&width={side}&channels=3&classes={classes}"
    return pen.model(f"vgg16_{side}", ((side, side, 3), (classes,)), count, data if side == 32 else "")


def unet() -> DrawnModel:
    pen = Pencil()

    def two_convolutions(filters: int) -> str:
        pen.draw("Conv2D", filters=filters, kernel_size=3, padding="same", activation="relu")
        return pen.draw("Conv2D", filters=filters, kernel_size=3, padding="same", activation="relu")

    def up(filters: int, skip: str) -> None:
        raised = pen.draw("Conv2D", filters=filters, kernel_size=2, stride=2, transposed=True)
        pen.draw("Concatenate", sources=(skip, raised), dim=1)
        two_convolutions(filters)

    first = two_convolutions(8)
    pen.draw("MaxPool2D", pool_size=2, stride=2)
    second = two_convolutions(16)
    pen.draw("MaxPool2D", pool_size=2, stride=2)
    two_convolutions(32)
    up(16, second)
    up(8, first)
    pen.draw("Conv2D", filters=1, kernel_size=1, activation="sigmoid")
    down = 80 + 584 + 1_168 + 2_320 + 4_640 + 9_248
    rising = 2_064 + 4_624 + 2_320 + 520 + 1_160 + 584 + 9
    data = "synthetic://images?samples=16&height=16&width=16&target=input"
    return pen.model("unet", ((16, 16, 1), (16, 16, 1)), down + rising, data, "mse")


def mobilenet() -> DrawnModel:
    """The network of Howard et al. 2017 at full width: 4,231,976 trained numbers for 1,000 classes."""
    pen = Pencil()

    def normalized(type_name: str, **parameters: Any) -> None:
        pen.draw(type_name, use_bias=False, padding="same", **parameters)
        pen.draw("BatchNorm")
        pen.draw("ReLU")

    normalized("Conv2D", filters=32, kernel_size=3, stride=2)
    narrowing = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1_024, 2), (1_024, 1)]
    for filters, stride in narrowing:
        normalized("DepthwiseConv2D", kernel_size=3, stride=stride)
        normalized("Conv2D", filters=filters, kernel_size=1)
    pen.draw("GlobalAvgPool")
    pen.draw("Dense", units=1_000)
    return pen.model("mobilenet", ((224, 224, 3), (1_000,)), 4_231_976)


def small_mobilenet() -> DrawnModel:
    pen = Pencil()
    pen.draw("Conv2D", filters=8, kernel_size=3, stride=2, use_bias=False)
    pen.draw("BatchNorm2D")
    pen.draw("DepthwiseConv2D", kernel_size=3, use_bias=False)
    pen.draw("BatchNorm2D")
    pen.draw("ReLU")
    pen.draw("Conv2D", filters=16, kernel_size=1, use_bias=False)
    pen.draw("GlobalAvgPool2D")
    pen.draw("Dense", units=10)
    count = 27 * 8 + 16 + 72 + 16 + 128 + 170
    return pen.model("small_mobilenet", ((16, 16, 3), (10,)), count, "synthetic://images?samples=32&channels=3")


def residual_network() -> DrawnModel:
    pen = Pencil()
    stem = pen.draw("Conv2D", filters=8, kernel_size=3)
    pen.draw("BatchNorm")
    pen.draw("ReLU")
    inside = pen.draw("Conv2D", filters=8, kernel_size=3)
    pen.draw("Add", sources=(inside, stem))
    pen.draw("ReLU")
    squeezed = pen.draw("GlobalAvgPool")
    gate = pen.draw("Dense", units=8, activation="sigmoid")
    pen.draw("Average", sources=(gate, squeezed))
    pen.draw("Dense", units=10)
    return pen.model("residual", ((16, 16, 1), (10,)), 80 + 16 + 584 + 72 + 90, "synthetic://images?samples=32")


VOCABULARY, WIDTH, INNER = 64, 32, 64
ATTENTION = 4 * (WIDTH * WIDTH + WIDTH)
FEED_FORWARD = WIDTH * INNER + INNER + INNER * WIDTH + WIDTH
NORM = 2 * WIDTH
BLOCK = ATTENTION + FEED_FORWARD + 2 * NORM
BLOCKS: dict[str, Any] = {"d_model": WIDTH, "nhead": 4, "dim_feedforward": INNER, "num_layers": 2, "dropout": 0.1}
TOKENS = "synthetic://tokens?samples=32&length=32&vocab=64"


def _embedded(pen: Pencil) -> str:
    pen.draw("Embedding", num_embeddings=VOCABULARY, embedding_dim=WIDTH)
    return pen.draw("PositionalEncoding", max_len=128)


def transformer_encoder(*, is_pooled: bool) -> DrawnModel:
    pen = Pencil()
    _embedded(pen)
    pen.draw("TransformerEncoder", **BLOCKS)
    if is_pooled:
        pen.draw("GlobalAvgPool")
    pen.draw("Dense", units=2)
    name = "encoder_pooled" if is_pooled else "encoder"
    shape = (2,) if is_pooled else (32, 2)
    return pen.model(name, ((32,), shape), VOCABULARY * WIDTH + 2 * BLOCK + 2 * WIDTH + 2, TOKENS)


def transformer_decoder() -> DrawnModel:
    pen = Pencil()
    _embedded(pen)
    pen.draw("TransformerDecoder", **BLOCKS)
    pen.draw("Dense", units=VOCABULARY)
    count = VOCABULARY * WIDTH + 2 * BLOCK + WIDTH * VOCABULARY + VOCABULARY
    return pen.model("decoder", ((32,), (32, VOCABULARY)), count, f"{TOKENS}&classes=0")


def translator() -> DrawnModel:
    """Encoder and decoder with memory: the data name two inputs."""
    pen = Pencil()
    _embedded(pen)
    memory = pen.draw("TransformerEncoder", **BLOCKS)
    pen.draw("DatasetInput", name="shifted_target", sources=())
    target = _embedded(pen)
    pen.draw("TransformerDecoder", sources=(target, memory), **BLOCKS)
    pen.draw("Dense", units=VOCABULARY)
    count = 2 * VOCABULARY * WIDTH + 2 * BLOCK + 2 * (BLOCK + ATTENTION + NORM) + WIDTH * VOCABULARY + VOCABULARY
    data = "synthetic://pairs?samples=32&length=12&vocab=64"
    return pen.model("translator", ((2, 12), (12, VOCABULARY)), count, data)


def attention_block(type_name: str, **parameters: Any) -> DrawnModel:
    """A transformer block drawn by hand, with query, key and value linked one by one where the layer has such pins."""
    pen = Pencil()
    embedded = _embedded(pen)
    normed = pen.draw("LayerNorm", normalized_shape=WIDTH)
    attended = pen.draw(type_name, sources=(normed, normed, normed), embed_dim=WIDTH, num_heads=4, **parameters)
    added = pen.draw("Add", sources=(attended, embedded))
    pen.draw("LayerNorm", normalized_shape=WIDTH)
    pen.draw("Dense", units=INNER)
    pen.draw("GELU")
    inner = pen.draw("Dense", units=WIDTH)
    pen.draw("Add", sources=(inner, added))
    pen.draw("GlobalAvgPool")
    pen.draw("Dense", units=2)
    return pen.model(type_name.lower(), ((32,), (2,)), VOCABULARY * WIDTH + BLOCK + 2 * WIDTH + 2, TOKENS)


def bidirectional_lstm() -> DrawnModel:
    pen = Pencil()
    pen.draw("Embedding", vocab_size=VOCABULARY, embedding_dim=WIDTH)
    pen.draw("Bidirectional", units=16, layer_type="LSTM", merge_mode="concat")
    pen.draw("Dropout", rate=0.2)
    pen.draw("Dense", units=2)
    pen.draw("Softmax")
    return pen.model("bi_lstm", ((32,), (2,)), VOCABULARY * WIDTH + 2 * 4 * 16 * (WIDTH + 16 + 1) + 66, TOKENS)


def stacked_lstm() -> DrawnModel:
    """Nobody writes `return_sequences`: the first passes its sequence on, the second its last state."""
    pen = Pencil()
    pen.draw("LSTM", units=12)
    pen.draw("Dropout", rate=0.1)
    pen.draw("LSTM", hidden_size=6)
    pen.draw("Dense", units=4)
    count = 4 * 12 * (8 + 12 + 1) + 4 * 6 * (12 + 6 + 1) + 28
    return pen.model("stacked_lstm", ((16, 8), (4,)), count, "synthetic://sequences?samples=32")


def dense_autoencoder() -> DrawnModel:
    pen = Pencil()
    pen.draw("Flatten")
    for units in (32, 8, 32):
        pen.draw("Dense", units=units, activation="relu")
    pen.draw("Dense", units=64, activation="sigmoid")
    pen.draw("TensorReshape", shape="-1,8,8,1")
    data = "synthetic://images?samples=32&height=8&width=8&target=input"
    return pen.model("autoencoder", ((8, 8, 1), (8, 8, 1)), 2_080 + 264 + 288 + 2_112, data, "mse")


def convolutional_autoencoder() -> DrawnModel:
    pen = Pencil()
    for filters in (8, 16):
        pen.draw("Conv2D", filters=filters, kernel_size=3, stride=2, padding="same", activation="relu")
    pen.draw("Conv2D", filters=8, kernel_size=3, stride=2, padding="same", activation="relu", transposed=True)
    pen.draw("Conv2D", filters=1, kernel_size=3, stride=2, padding="same", transposed=True)
    data = "synthetic://images?samples=32&target=input"
    return pen.model("conv_autoencoder", ((16, 16, 1), (16, 16, 1)), 80 + 1_168 + 1_160 + 73, data, "mse")


LARGE = (alexnet(), vgg16(), mobilenet())
SMALL = (
    lenet(),
    vgg16(side=32, width=4, hidden=16, classes=10),
    unet(),
    small_mobilenet(),
    residual_network(),
    transformer_encoder(is_pooled=True),
    transformer_encoder(is_pooled=False),
    transformer_decoder(),
    translator(),
    attention_block("MultiHeadAttention", batch_first=True),
    attention_block("LinearAttention", feature_map="elu", eps="1e-6", causal=False),
    bidirectional_lstm(),
    stacked_lstm(),
    dense_autoencoder(),
    convolutional_autoencoder(),
)
