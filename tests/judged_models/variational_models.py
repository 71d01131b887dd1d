"""Variational autoencoders: a mean and a log variance, a draw between them, and the image again."""

from __future__ import annotations

from tests.judged_models.counts import conv, dense
from tests.judged_models.drawing import Drawing
from tests.judged_models.judged_model import JudgedModel
from tests.judged_models.pattern_models import Step, pattern

_IMAGES = "synthetic://images?height=8&width=8&channels=1&classes=4&seed=11"
_CODE = dense(64, 32) + 2 * dense(32, 4) + dense(4, 32) + dense(32, 64)
"""Kingma and Welling 2014 on 64 pixels: 32 units on both sides of a code of 4."""


def variational() -> JudgedModel:
    """The draw is a Lambda whose function has the usual name; the loss compares with the data themselves."""
    d = Drawing()
    data = d.data("[8, 8, 1]")
    inner = d.put("Dense", d.put("Flatten", data), units=32, activation="relu")
    mean, spread = d.put("Dense", inner, units=4, name="z_mean"), d.put("Dense", inner, units=4, name="z_log_var")
    code = d.put("Lambda", mean, spread, name="sampling", function="sampling")
    last = d.put("Dense", d.put("Dense", code, units=32, activation="relu"), units=64, activation="sigmoid")
    d.put("Output", last)
    d.put("Adam", d.put("MSELoss", last, data), learning_rate="0.003")
    return JudgedModel("variational", d.saved(), _IMAGES, (8, 8, 1), (8, 8, 1), _CODE)


def variational_by_formula() -> JudgedModel:
    """A pattern that writes the draw out, and gives the image its rows and columns itself."""
    nodes: list[Step] = [
        ("image", "Input", {}),
        ("flat", "Flatten", {}),
        ("encoder", "Dense", {"units": "$hidden", "activation": "relu"}),
        ("mu", "Dense", {"units": "$latent"}),
        ("logvar", "Dense", {"units": "$latent"}),
        ("z", "Lambda", {"function": "mu + exp(0.5 * logvar) * eps"}),
        ("decoder", "Dense", {"units": "$hidden", "activation": "relu"}),
        ("pixels", "Dense", {"units": 64}),
        ("again", "TensorReshape", {"shape": "-1,8,8,1"}),
        ("reconstruction", "Output", {}),
    ]
    links = [
        *("image>flat", "flat>encoder", "encoder>mu", "encoder>logvar", "mu>z", "logvar>z", "z>decoder"),
        *("decoder>pixels", "pixels>again", "again>reconstruction"),
    ]
    drawn = pattern("vae", {"hidden": ("int", 32), "latent": ("int", 4)}, nodes, links)
    target = f"{_IMAGES}&target=input"
    return JudgedModel("pattern_variational", drawn, target, (8, 8, 1), (8, 8, 1), _CODE)


def convolutional_variational() -> JudgedModel:
    """Convolutions down, the draw, and transposed convolutions up again."""
    d = Drawing()
    data = d.data("[8, 8, 1]")
    down = d.chain(
        data,
        ("Conv2D", {"filters": 4, "stride": 2, "activation": "relu"}),
        ("Conv2D", {"filters": 8, "stride": 2, "activation": "relu"}),
        ("Flatten", {}),
    )
    mean, spread = d.put("Dense", down, units=4, name="mu"), d.put("Dense", down, units=4, name="log_var")
    code = d.put("Lambda", mean, spread, name="reparameterize")
    last = d.chain(
        code,
        ("Dense", {"units": 32, "activation": "relu"}),
        ("TensorReshape", {"shape": "-1,2,2,8"}),
        ("Conv2D", {"filters": 4, "stride": 2, "transposed": "true", "activation": "relu"}),
        ("Conv2D", {"filters": 1, "stride": 2, "transposed": "true"}),
    )
    d.put("Adam", d.put("MSELoss", last, data), learning_rate="0.003")
    count = conv(3, 1, 4) + conv(3, 4, 8) + 2 * dense(32, 4) + dense(4, 32) + conv(3, 8, 4) + conv(3, 4, 1)
    return JudgedModel("convolutional_variational", d.saved(), _IMAGES, (8, 8, 1), (8, 8, 1), count)


VARIATIONAL_MODELS = (variational(), variational_by_formula(), convolutional_variational())
