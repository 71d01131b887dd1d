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
    """What is made small: `cross_entropy` against class numbers, `mse` against real values."""

    CROSS_ENTROPY = "cross_entropy"
    MSE = "mse"


class Precision(StrEnum):
    """The type of the numbers that are computed with."""

    FLOAT32 = "float32"


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
    },
    "precision": {"fp32": "float32", "f32": "float32"},
}
"""Other words, lower case without `_` and `-`, by hyperparameter."""

LATER_WORDS: Mapping[str, frozenset[str]] = {
    "optimizer": frozenset({"nadam", "rmsprop", "adagrad", "lion", "lamb"}),
    "schedule": frozenset({"reduceonplateau", "warmup"}),
    "loss": frozenset({"bce", "binarycrossentropy", "bcewithlogits", "l1", "smoothl1", "huber", "nll", "mae"}),
    "precision": frozenset({"bfloat16", "bf16", "float16", "fp16"}),
}
"""Words we know and do not offer yet."""

LATER_NAMES: Mapping[str, frozenset[str]] = {
    "gradient_accumulation": frozenset({"1"}),
    "early_stopping_patience": frozenset({"0"}),
    "ema_decay": frozenset({"0", "0.0"}),
    "augment": frozenset({"", "none", "false", "0"}),
}
"""Hyperparameters we know and do not offer yet, each with the values that ask for nothing and are let through."""
