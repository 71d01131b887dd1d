"""What the loss, optimizer, schedule and data nodes of a designer graph say about the job, in the job's own names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shared.did_you_mean import did_you_mean, quoted
from shared.model_definition.designer_parts import DesignerNode
from shared.model_definition.refusal import refusal
from shared.model_definition.vocabulary import SettingsRole, type_key
from shared.strict_values import flag_from, real_from

Settings = dict[str, str]


@dataclass(frozen=True, slots=True)
class _SettingsNode:
    """One type of settings node: what it always says, which parameters become which settings, which must hold."""

    says: Mapping[str, str]
    becomes: Mapping[str, str]
    must_be: Mapping[str, Callable[[object], str]]


def job_settings_from(nodes: Iterable[DesignerNode]) -> Settings:
    """What all settings nodes say together.

    Raises:
        InvalidField: for two nodes of one role, an unknown parameter, or one that asks for what is not offered yet.
    """
    settings: Settings = {}
    seen: dict[str, DesignerNode] = {}
    for node in nodes:
        if node.type_name not in _NODES:
            continue
        key = node.type_name if node.role is SettingsRole.DATA else str(node.role)
        if key in seen:
            raise refusal(f"{seen[key].label} and {node.label} both say the job's {key}; keep one")
        seen[key] = node
        settings.update(_settings_of(node))
    return settings


def _settings_of(node: DesignerNode) -> Settings:
    known = _NODES[node.type_name]
    settings = dict(known.says)
    for name, value in node.parameters.items():
        key = type_key(name)
        if key in known.must_be:
            _check(node, name, value, known.must_be[key])
        elif key in known.becomes:
            settings[known.becomes[key]] = _text(node, name, value)
        else:
            names = (*known.becomes, *known.must_be)
            raise refusal(f"{node.label}: unknown parameter {quoted(name)}{did_you_mean(name, names)}")
    return _nesterov_resolved(node, settings)


def _check(node: DesignerNode, name: str, value: object, complaint: Callable[[object], str]) -> None:
    try:
        ending = complaint(value)
    except ValueError as error:
        raise refusal(f"{node.label}: {name} must be {error}, got {quoted(value)}") from None
    if ending:
        raise refusal(f"{node.label}: {name}={quoted(value)} {ending}")


def _text(node: DesignerNode, name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, str)):
        return str(value)
    raise refusal(f"{node.label}: {name} must be a number or a word, got {quoted(value)}")


def _nesterov_resolved(node: DesignerNode, settings: Settings) -> Settings:
    if "nesterov" not in settings:
        return settings
    try:
        is_nesterov = flag_from(settings.pop("nesterov"))
    except ValueError as error:
        raise refusal(f"{node.label}: nesterov must be {error}") from None
    return {**settings, "optimizer": "nesterov"} if is_nesterov else settings


def _flag_must_be(wanted: bool, ending: str) -> Callable[[object], str]:
    return lambda value: "" if flag_from(value) is wanted else ending


def _number_must_be_zero(ending: str) -> Callable[[object], str]:
    return lambda value: "" if real_from(value) == 0 else ending


def _word_must_be(wanted: str, ending: str) -> Callable[[object], str]:
    return lambda value: "" if type_key(str(value)) == wanted else ending


def _anything(_value: object) -> str:
    return ""


def _refused(ending: str) -> Callable[[object], str]:
    return lambda _value: ending


_LATER = "is known but not supported yet"
_COUNTS_EPOCHS = "counts epochs, which is not supported yet; give decay_steps, which counts steps"
_RATE = {"learningrate": "learning_rate", "lr": "learning_rate", "weightdecay": "weight_decay"}
_BETAS = {"beta1": "beta1", "beta2": "beta2", "epsilon": "epsilon", "eps": "epsilon"}
_DECAY = {"decaysteps": "decay_steps", "gamma": "decay_rate", "decayrate": "decay_rate"}
_MEAN = {"reduction": _word_must_be("mean", f"{_LATER}; use mean")}
_NO_AMSGRAD = {"amsgrad": _flag_must_be(wanted=False, ending=_LATER)}
_NODES: Mapping[str, _SettingsNode] = {
    "MSELoss": _SettingsNode({"loss": "mse"}, {}, _MEAN),
    "CrossEntropyLoss": _SettingsNode({"loss": "cross_entropy"}, {"labelsmoothing": "label_smoothing"}, _MEAN),
    "SGD": _SettingsNode(
        {"optimizer": "sgd"},
        {**_RATE, "momentum": "momentum", "nesterov": "nesterov"},
        {"dampening": _number_must_be_zero(_LATER)},
    ),
    "Adam": _SettingsNode({"optimizer": "adam"}, {**_RATE, **_BETAS}, _NO_AMSGRAD),
    "AdamW": _SettingsNode({"optimizer": "adamw"}, {**_RATE, **_BETAS}, _NO_AMSGRAD),
    "StepLR": _SettingsNode({"schedule": "step"}, _DECAY, {"stepsize": _refused(_COUNTS_EPOCHS)}),
    "ExponentialLR": _SettingsNode({"schedule": "exponential"}, _DECAY, {}),
    "CosineAnnealing": _SettingsNode(
        {"schedule": "cosine"},
        {"decaysteps": "decay_steps", "etamin": "end_learning_rate", "endlearningrate": "end_learning_rate"},
        {"tmax": _refused(_COUNTS_EPOCHS)},
    ),
    "DataLoader": _SettingsNode(
        {},
        {"batchsize": "batch_size"},
        {
            "shuffle": _flag_must_be(wanted=True, ending=f"{_LATER}; training shuffles every epoch"),
            "droplast": _flag_must_be(wanted=False, ending=f"{_LATER}; the last batch is trained on whole"),
            "numworkers": _anything,
        },
    ),
    "DataSplit": _SettingsNode(
        {},
        {"valratio": "validation_split", "seed": "seed"},
        {
            "trainratio": _anything,
            "testratio": _number_must_be_zero(f"{_LATER}; set it to 0, a dataset's own test part is always kept apart"),
            "stratified": _flag_must_be(wanted=False, ending=_LATER),
            "shuffle": _flag_must_be(wanted=True, ending=_LATER),
        },
    ),
    "OneHotEncode": _SettingsNode({}, {}, {"numclasses": _anything}),
}
