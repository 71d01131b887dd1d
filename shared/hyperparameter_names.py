"""The closed sets of words that hyperparameters may hold, and the known ones that are not offered yet."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Optimizer(StrEnum):
    """How weights move along the gradient."""

    SGD = "sgd"
    MOMENTUM = "momentum"
    NESTEROV = "nesterov"
    ADAM = "adam"
    ADAMW = "adamw"
    NADAM = "nadam"
    RADAM = "radam"
    ADAMAX = "adamax"
    RMSPROP = "rmsprop"
    ADAGRAD = "adagrad"
    ADADELTA = "adadelta"
    LION = "lion"
    LAMB = "lamb"


class Schedule(StrEnum):
    """How the learning rate changes over the run."""

    CONSTANT = "constant"
    COSINE = "cosine"
    LINEAR = "linear"
    EXPONENTIAL = "exponential"
    STEP = "step"
    WARMUP_COSINE = "warmup_cosine"
    ONE_CYCLE = "one_cycle"


class Loss(StrEnum):
    """What is made small.

    `cross_entropy` and `nll` need class numbers (`nll` on log-probabilities); `bce` (on probabilities) and
    `bce_with_logits` need zeros and ones; the others real values.
    """

    CROSS_ENTROPY = "cross_entropy"
    MSE = "mse"
    L1 = "l1"
    SMOOTH_L1 = "smooth_l1"
    HUBER = "huber"
    BCE = "bce"
    BCE_WITH_LOGITS = "bce_with_logits"
    NLL = "nll"


class Precision(StrEnum):
    """The type of the numbers that are computed with; weights and optimizer are kept in float32 with either."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"


class ResultWeights(StrEnum):
    """Which weights a job gives: those of the epoch with the lowest validation loss, or those of its last step."""

    BEST = "best"
    LAST = "last"


WORD_ALIASES: Mapping[str, Mapping[str, str]] = {
    "optimizer": {"sgdmomentum": "momentum", "sgdnesterov": "nesterov"},
    "schedule": {"none": "constant", "cosineannealing": "cosine", "onecyclelr": "one_cycle", "steplr": "step"},
    "loss": {
        "crossentropy": "cross_entropy",
        "crossentropyloss": "cross_entropy",
        "categoricalcrossentropy": "cross_entropy",
        "sparsecategoricalcrossentropy": "cross_entropy",
        "meansquarederror": "mse",
        "mseloss": "mse",
        "mae": "l1",
        "l1loss": "l1",
        "meanabsoluteerror": "l1",
        "smoothl1loss": "smooth_l1",
        "huberloss": "huber",
        "bceloss": "bce",
        "binarycrossentropy": "bce",
        "bcewithlogitsloss": "bce_with_logits",
        "binarycrossentropywithlogits": "bce_with_logits",
        "nllloss": "nll",
    },
    "precision": {"fp32": "float32", "f32": "float32", "bf16": "bfloat16"},
    "result_weights": {},
}
"""Other words, lower case without `_` and `-`, by hyperparameter."""

LATER_WORDS: Mapping[str, frozenset[str]] = {
    "optimizer": frozenset({"adafactor", "lars", "lbfgs"}),
    "schedule": frozenset({"reduceonplateau", "warmup"}),
    "loss": frozenset({"hinge", "kldiv", "ctc"}),
    "precision": frozenset({"float16", "fp16"}),
    "result_weights": frozenset(),
}
"""Words we know and do not offer yet."""

LATER_NAMES: Mapping[str, frozenset[str]] = {}
"""Hyperparameters we know and do not offer yet, each with the values that ask for nothing and are let through."""
