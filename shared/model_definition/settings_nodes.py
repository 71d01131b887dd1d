"""What each type of node that is no layer says about the job: one table, designer name to the job's own words.

A node's parameter becomes a setting, or must hold what we do anyway, or does not matter here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.model_definition.vocabulary import type_key
from shared.strict_values import flag_from, real_from

Complaint = Callable[[object], str]
"""From a value to the end of a sentence that refuses it, empty when it is right; `ValueError` when it is unreadable."""


@dataclass(frozen=True, slots=True)
class SettingsNode:
    """One type of settings node.

    Attributes:
        says: what it always says.
        becomes: parameters, as `type_key` compares them, and the settings they become.
        must_be: parameters that are checked and say nothing.
        refused: the end of the sentence that refuses every such node.
    """

    says: Mapping[str, str] = field(default_factory=dict)
    becomes: Mapping[str, str] = field(default_factory=dict)
    must_be: Mapping[str, Complaint] = field(default_factory=dict)
    refused: str = ""


def _flag_must_be(wanted: bool, ending: str) -> Complaint:
    return lambda value: "" if flag_from(value) is wanted else ending


def _number_must_be(wanted: float, ending: str) -> Complaint:
    return lambda value: "" if _is_unsaid(value) or real_from(value) == wanted else ending


def _word_must_be(ending: str, *wanted: str) -> Complaint:
    return lambda value: "" if type_key(str(value)) in wanted else ending


def _must_be_unsaid(ending: str) -> Complaint:
    return lambda value: "" if _is_unsaid(value) else ending


def _share(value: object) -> str:
    return "" if 0 <= real_from(value) <= 1 else "is no share from 0 to 1"


def _anything(_value: object) -> str:
    return ""


def _is_unsaid(value: object) -> bool:
    return value is None or type_key(str(value)) in {"", "none", "null"}


_LATER = "is known but not supported yet"
_RATE = {"learningrate": "learning_rate", "lr": "learning_rate", "weightdecay": "weight_decay"}
_CLIP = {"clipnorm": "gradient_clip_norm", "maxgradnorm": "gradient_clip_norm", "gradientclip": "gradient_clip_norm"}
_EPSILON = {"epsilon": "epsilon", "eps": "epsilon"}
_BETAS = {"beta1": "beta1", "beta2": "beta2", "betas": "betas", **_EPSILON}
_PEAK = dict.fromkeys(("learningrate", "lr", "initiallr", "baselr"), "learning_rate")
_END = {"etamin": "end_learning_rate", "minlr": "end_learning_rate", "endlearningrate": "end_learning_rate"}
_NO_AMSGRAD = {"amsgrad": _flag_must_be(wanted=False, ending=_LATER)}
_LAST_EPOCH = {"lastepoch": _number_must_be(-1, f"{_LATER}; a run starts at its beginning, use -1")}
_LOSS = {
    "reduction": _word_must_be(f"{_LATER}; use mean", "mean"),
    "weight": _must_be_unsaid(_LATER),
    "fromlogits": _anything,
}


def _loss(name: str, becomes: Mapping[str, str] | None = None, **must_be: Complaint) -> SettingsNode:
    return SettingsNode({"loss": name}, becomes or {}, {**_LOSS, **must_be})


def _optimizer(name: str, *becomes: Mapping[str, str], **must_be: Complaint) -> SettingsNode:
    taken = {key: setting for part in (_RATE, _CLIP, *becomes) for key, setting in part.items()}
    return SettingsNode({"optimizer": name}, taken, must_be)


def _penalty(name: str) -> SettingsNode:
    return SettingsNode(
        refused=f"{name} of the weights is not supported yet; weight_decay of the optimizer adds its share of each "
        "weight to the gradient"
    )


SETTINGS_NODES: Mapping[str, SettingsNode] = {
    "MSELoss": _loss("mse"),
    "L1Loss": _loss("l1"),
    "SmoothL1Loss": _loss("smooth_l1", beta=_number_must_be(1, f"{_LATER}; use 1")),
    "HuberLoss": _loss("huber", delta=_number_must_be(1, f"{_LATER}; use 1")),
    "CrossEntropyLoss": _loss(
        "cross_entropy",
        {"labelsmoothing": "label_smoothing"},
        ignoreindex=_number_must_be(-100, f"{_LATER}; use -100, which no label has"),
    ),
    "NLLLoss": _loss("nll", ignoreindex=_number_must_be(-100, f"{_LATER}; use -100, which no label has")),
    "BCELoss": _loss("bce"),
    "BCEWithLogits": _loss("bce_with_logits", posweight=_must_be_unsaid(_LATER)),
    "SGD": _optimizer(
        "sgd", {"momentum": "momentum", "nesterov": "nesterov"}, dampening=_number_must_be(0, f"{_LATER}; use 0")
    ),
    "Adam": _optimizer("adam", _BETAS, **_NO_AMSGRAD),
    "AdamW": _optimizer("adamw", _BETAS, **_NO_AMSGRAD),
    "NAdam": _optimizer("nadam", _BETAS, momentumdecay=_number_must_be(0.004, f"{_LATER}; leave it out")),
    "RMSprop": _optimizer(
        "rmsprop",
        {"alpha": "beta2", "rho": "beta2", "decay": "beta2", "momentum": "momentum", **_EPSILON},
        centered=_flag_must_be(wanted=False, ending=_LATER),
    ),
    "Adagrad": _optimizer(
        "adagrad",
        _EPSILON,
        lrdecay=_number_must_be(0, f"{_LATER}; use 0, and a schedule"),
        initialaccumulatorvalue=_anything,
    ),
    "StepLR": SettingsNode(
        {"schedule": "step"},
        {"stepsize": "decay_epochs", "gamma": "decay_rate", "decayrate": "decay_rate", "decaysteps": "decay_steps"}
        | _PEAK,
        _LAST_EPOCH,
    ),
    "ExponentialLR": SettingsNode(
        {"schedule": "step", "decay_epochs": "1"},
        {"gamma": "decay_rate", "decayrate": "decay_rate", "decaysteps": "decay_steps"} | _PEAK,
        _LAST_EPOCH,
    ),
    "CosineAnnealing": SettingsNode(
        {"schedule": "cosine"}, {"tmax": "decay_epochs", "decaysteps": "decay_steps"} | _END | _PEAK, _LAST_EPOCH
    ),
    "ReduceOnPlateau": SettingsNode(
        refused="lowers the rate when a metric stops falling, which is not supported yet; use CosineAnnealing or StepLR"
    ),
    "WarmupScheduler": SettingsNode(
        {"warmup_epochs": "1"},
        {"warmupsteps": "warmup_steps", "warmupepochs": "warmup_epochs"} | _PEAK,
        {
            "warmuptype": _word_must_be(f"{_LATER}; use linear", "linear"),
            "mode": _word_must_be(f"{_LATER}; use linear", "linear"),
            "startlr": _number_must_be(0, f"{_LATER}; a warm-up starts at 0"),
            "startfactor": _number_must_be(0, f"{_LATER}; a warm-up starts at 0"),
        },
    ),
    "L1Regularization": _penalty("the L1 norm"),
    "L2Regularization": _penalty("the L2 norm"),
    "ElasticNet": _penalty("a mixed norm"),
    "DataLoader": SettingsNode(
        {},
        {"batchsize": "batch_size", "shuffle": "shuffle", "droplast": "drop_last"},
        {"numworkers": _anything, "pinmemory": _anything, "prefetchfactor": _anything, "prefetch": _anything},
    ),
    "DataSplit": SettingsNode(
        {},
        {"valratio": "validation_split", "testratio": "test_split", "seed": "seed"},
        {
            "trainratio": _share,
            "stratified": _flag_must_be(wanted=False, ending=_LATER),
            "shuffle": _flag_must_be(wanted=True, ending=f"{_LATER}; a split is cut by the seed"),
        },
    ),
    "Augmentation": SettingsNode(
        {"augment": "flip"},
        {"transforms": "augment", "noisestd": "augment_noise", "noise": "augment_noise"},
        {"flipprob": _number_must_be(0.5, f"{_LATER}; a flip turns every second image, use 0.5")},
    ),
    "OneHotEncode": SettingsNode(must_be={"numclasses": _anything}),
}
"""By the designer's name. ExponentialLR falls by `gamma` at the end of every epoch, StepLR after `step_size` epochs.

A warm-up whose length is not said lasts an epoch.
"""
