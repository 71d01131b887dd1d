"""Models of vectors, reconstructions, several inputs, losses, and layers that only rearrange."""

from __future__ import annotations

from tests.judged_models.counts import conv, dense, norm
from tests.judged_models.drawing import Drawing
from tests.judged_models.judged_model import JudgedModel

_CLASSES = "synthetic://classification?features=12&classes=4&seed=7"
_REGRESSION = "synthetic://regression?features=12&outputs=2&seed=7"
_MNIST = "synthetic://images?height=28&width=28&channels=1&classes=10&seed=7"


def autoencoder() -> JudgedModel:
    """784-64-16-64-784, the labels of the loss are the data themselves."""
    d = Drawing()
    data = d.data("[784]")
    last = data
    for units in (64, 16, 64):
        last = d.put("Dense", last, units=units, activation="relu")
    last = d.put("Sigmoid", d.put("Dense", last, units=784))
    d.put("Adam", d.put("MSELoss", last, data), learning_rate="1e-2")
    count = dense(784, 64) + dense(64, 16) + dense(16, 64) + dense(64, 784)
    return JudgedModel("autoencoder", d.saved(), _MNIST, (28, 28, 1), (28, 28, 1), count)


def convolutional_autoencoder() -> JudgedModel:
    """Strided down, transposed up."""
    d = Drawing()
    data = d.data("[28, 28, 1]")
    last = d.chain(
        data,
        ("Conv2D", {"filters": 8, "stride": 2, "activation": "relu"}),
        ("Conv2D", {"filters": 4, "stride": 2, "activation": "relu"}),
        ("Conv2D", {"filters": 8, "stride": 2, "transposed": "true", "activation": "relu"}),
        ("Conv2D", {"filters": 1, "stride": 2, "transposed": "true", "activation": "sigmoid"}),
    )
    d.put("Adam", d.put("MSELoss", last, data), learning_rate="1e-2")
    count = conv(3, 1, 8) + conv(3, 8, 4) + conv(3, 4, 8) + conv(3, 8, 1)
    return JudgedModel("convolutional_autoencoder", d.saved(), _MNIST, (28, 28, 1), (28, 28, 1), count)


def denoising_autoencoder() -> JudgedModel:
    """Dropout on the data, bottleneck, and a TensorReshape to the image."""
    d = Drawing()
    data = d.data("[28, 28, 1]")
    noisy = d.put("Dropout", d.put("Flatten", data), rate="0.2")
    inner = d.put("Dense", noisy, units=32, activation="relu")
    last = d.put("TensorReshape", d.put("Dense", inner, units=784))
    d.put("Output", last)
    d.put("Adam", d.put("MSELoss", last, data), learning_rate="1e-2")
    count = dense(784, 32) + dense(32, 784)
    return JudgedModel("denoising_autoencoder", d.saved(), _MNIST, (28, 28, 1), (28, 28, 1), count)


def _regression(loss: str, optimizer: str, **parameters: str) -> JudgedModel:
    d = Drawing()
    data = d.data("[12]")
    last = d.put("Dense", d.put("Dense", data, units=16, activation="tanh"), units=2)
    d.put("Output", last)
    judged = d.put(loss, last, (data, 1))
    d.put(optimizer, judged, learning_rate="0.02", **parameters)
    name = f"regression_{loss}_{optimizer}".lower()
    return JudgedModel(name, d.saved(), _REGRESSION, (12,), (2,), dense(12, 16) + dense(16, 2))


def scheduled(schedule: str, **parameters: str) -> JudgedModel:
    """One of the schedules behind an SGD."""
    d = Drawing()
    data = d.data("[12]")
    last = d.put("Dense", d.put("Dense", data, units=16, activation="relu"), units=4)
    optimizer = d.put("SGD", d.put("CrossEntropyLoss", last, (data, 1)), learning_rate="0.05", momentum="0.9")
    d.put(schedule, optimizer, **parameters)
    return JudgedModel(f"scheduled_{schedule.lower()}", d.saved(), _CLASSES, (12,), (4,), dense(12, 16) + dense(16, 4))


def log_likelihood() -> JudgedModel:
    """A softmax in front of the negative log likelihood."""
    d = Drawing()
    data = d.data("[12]")
    last = d.put("Softmax", d.put("Dense", data, units=4))
    return JudgedModel("log_likelihood", d.end(last, data, "NLLLoss"), _CLASSES, (12,), (4,), dense(12, 4))


def yes_or_no(loss: str) -> JudgedModel:
    """One output for two classes."""
    d = Drawing()
    data = d.data("[12]")
    last = d.put("Dense", d.put("Dense", data, units=8, activation="relu"), units=1)
    if loss == "BCELoss":
        last = d.put("Sigmoid", last)
    dataset = "synthetic://classification?features=12&classes=2&seed=7"
    return JudgedModel(
        f"yes_or_no_{loss.lower()}", d.end(last, data, loss), dataset, (12,), (1,), dense(12, 8) + dense(8, 1)
    )


def wide_and_deep() -> JudgedModel:
    """A linear road and a deep road over the same data, joined."""
    d = Drawing()
    data = d.data("[12]")
    deep = d.put("Dense", d.put("Dense", data, units=16, activation="relu"), units=8, activation="relu")
    last = d.put("Dense", d.put("Concatenate", data, deep, dim=1), units=4)
    count = dense(12, 16) + dense(16, 8) + dense(20, 4)
    return JudgedModel("wide_and_deep", d.end(last, data), _CLASSES, (12,), (4,), count)


def highway() -> JudgedModel:
    """A gate mixes what a layer gives with what it was given; a constant one makes the rest of the gate."""
    d = Drawing()
    data = d.data("[12]")
    given = d.put("Dense", data, units=8)
    gate = d.put("Sigmoid", d.put("Dense", given, units=8))
    carried = d.put(
        "Add",
        d.put("Multiply", gate, d.put("Constant", value="-1.0", shape="[8]")),
        d.put("Constant", value="1.0", shape="[8]"),
    )
    new = d.put("Multiply", d.put("Dense", given, units=8, activation="relu"), gate)
    last = d.put("Dense", d.put("Add", new, d.put("Multiply", given, carried)), units=4)
    return JudgedModel(
        "highway", d.end(last, data), _CLASSES, (12,), (4,), dense(12, 8) + 2 * dense(8, 8) + dense(8, 4)
    )


def learned_offset() -> JudgedModel:
    """A Parameter node: numbers that are learned, added to what a layer gives."""
    d = Drawing()
    data = d.data("[12]")
    offset = d.put("Parameter", shape="[8]")
    last = d.put("Dense", d.put("Add", d.put("Dense", data, units=8, use_bias="false"), offset), units=4)
    return JudgedModel(
        "learned_offset", d.end(last, data), _CLASSES, (12,), (4,), dense(12, 8, bias=False) + 8 + dense(8, 4)
    )


def rearranged() -> JudgedModel:
    """Reshape, View, Permute, Squeeze and Unsqueeze in a row, and a Split whose parts are joined again."""
    d = Drawing()
    data = d.data("[12]")
    last = d.chain(
        data,
        ("Reshape", {"shape": "[3, 4]"}),
        ("Permute", {"dims": "[0, 2, 1]"}),
        ("Unsqueeze", {"dim": "1"}),
        ("Squeeze", {"dim": "1"}),
        ("View", {"shape": "[-1, 12]"}),
        ("Dense", {"units": 8}),
    )
    parts = d.put("Split", last, num_splits="2", dim="1")
    joined = d.put("Concatenate", d.put("ReLU", (parts, 0)), d.put("Tanh", (parts, 1)), dim=1)
    return JudgedModel(
        "rearranged", d.end(d.put("Dense", joined, units=4), data), _CLASSES, (12,), (4,), dense(12, 8) + dense(8, 4)
    )


def maxout_average() -> JudgedModel:
    """Three heads, averaged."""
    d = Drawing()
    data = d.data("[12]")
    heads = [d.put("Dense", d.put("Dense", data, units=6, activation="relu"), units=4) for _ in range(3)]
    last = d.put("Average", *heads)
    return JudgedModel("ensemble", d.end(last, data), _CLASSES, (12,), (4,), 3 * (dense(12, 6) + dense(6, 4)))


def normalised_mlp() -> JudgedModel:
    """Dense, BatchNorm, ReLU, Dropout twice; Adagrad."""
    d = Drawing()
    data = d.data("[12]")
    last, inputs, count = data, 12, 0
    for units in (16, 8):
        last = d.chain(last, ("Dense", {"units": units}), ("BatchNorm", {}), ("ReLU", {}))
        last = d.put("Dropout", last, rate="0.05")
        count += dense(inputs, units) + norm(units)
        inputs = units
    last = d.put("Dense", last, units=4)
    return JudgedModel(
        "normalised_mlp", d.end(last, data, optimizer="Adagrad"), _CLASSES, (12,), (4,), count + dense(8, 4)
    )


def siamese() -> JudgedModel:
    """Two inputs, each encoded, compared by product."""
    d = Drawing()
    left, right = d.data("[8]", name="left"), d.data("[8]", name="right")
    roads = [
        d.put("Dense", d.put("GlobalAvgPool", d.put("Embedding", part, vocab_size=20, embedding_dim=8)), units=8)
        for part in (left, right)
    ]
    last = d.put("Dense", d.put("Multiply", *roads), units=160)
    last = d.put("Output", d.put("Reshape", last, shape="[8, 20]"))
    d.put("Adam", d.put("CrossEntropyLoss", last), learning_rate="0.003")
    count = 2 * (20 * 8 + dense(8, 8)) + dense(8, 160)
    return JudgedModel("siamese", d.saved(), "synthetic://pairs?length=8&vocab=20&seed=7", (2, 8), (8, 20), count)


VECTOR_MODELS = (
    autoencoder(),
    convolutional_autoencoder(),
    denoising_autoencoder(),
    _regression("MSELoss", "SGD", momentum="0.9", nesterov="true"),
    _regression("L1Loss", "NAdam"),
    _regression("SmoothL1Loss", "AdamW", weight_decay="0.01"),
    _regression("HuberLoss", "RMSprop", alpha="0.99"),
    scheduled("StepLR", step_size="10", gamma="0.5"),
    scheduled("CosineAnnealing", T_max="20", eta_min="1e-6"),
    scheduled("ExponentialLR", gamma="0.95"),
    scheduled("WarmupScheduler", warmup_steps="5"),
    log_likelihood(),
    yes_or_no("BCELoss"),
    yes_or_no("BCEWithLogits"),
    wide_and_deep(),
    highway(),
    learned_offset(),
    rearranged(),
    maxout_average(),
    normalised_mlp(),
    siamese(),
)
