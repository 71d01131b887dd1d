"""What the loss, optimizer, schedule and data nodes of a drawing say about the job, in the job's own names."""

from __future__ import annotations

from collections.abc import Iterable

from shared.did_you_mean import did_you_mean, quoted
from shared.model_definition.designer_parts import DesignerNode
from shared.model_definition.refusal import refusal
from shared.model_definition.settings_nodes import SETTINGS_NODES, Complaint
from shared.model_definition.vocabulary import SettingsRole, type_key
from shared.strict_values import flag_from, real_from

Settings = dict[str, str]
_WARMUP = "WarmupScheduler"


def job_settings_from(nodes: Iterable[DesignerNode]) -> Settings:
    """What all settings nodes say together.

    Raises:
        InvalidField: for two nodes of one role, an unknown parameter, or one that asks for what is not offered yet.
    """
    settings: Settings = {}
    losses: list[Settings] = []
    seen: dict[str, DesignerNode] = {}
    for node in nodes:
        if node.type_name not in SETTINGS_NODES:
            continue
        if node.role is SettingsRole.LOSS:
            losses.append(_settings_of(node))
            continue
        key = _what_it_decides(node)
        if key in seen:
            raise refusal(f"{seen[key].label} and {node.label} both say the job's {key}; keep one{_hint_of(node)}")
        seen[key] = node
        settings.update(_settings_of(node))
    return settings | _said_by_all(losses)


def _said_by_all(losses: list[Settings]) -> Settings:
    """What the losses of all outputs agree on; where they differ each output keeps its own, see `model_ends`."""
    settings: Settings = {}
    for name in {name: None for loss in losses for name in loss}:
        said = {loss.get(name) for loss in losses}
        if name != "loss" and len(said - {None}) > 1:
            raise refusal(f"the losses say {' and '.join(sorted(map(str, said)))} as {name}; keep one")
        if name != "loss" or len(said) == 1:
            settings[name] = next(value for loss in losses if (value := loss.get(name)) is not None)
    return settings


def _hint_of(second: DesignerNode) -> str:
    is_of_adversaries = second.role is SettingsRole.OPTIMIZER
    return " (two models that train against each other are not supported yet)" if is_of_adversaries else ""


def _what_it_decides(node: DesignerNode) -> str:
    # A warm-up stands in front of another schedule.
    is_own = node.role is SettingsRole.DATA or node.type_name == _WARMUP
    return node.type_name if is_own else str(node.role)


def _settings_of(node: DesignerNode) -> Settings:
    known = SETTINGS_NODES[node.type_name]
    if known.refused:
        raise refusal(f"{node.label}: {known.refused}")
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
    settings = {name: value for name, value in settings.items() if value != ""}
    return _length_of_warmup_resolved(
        node, _decay_resolved(node, _betas_resolved(node, _nesterov_resolved(node, settings)))
    )


def _check(node: DesignerNode, name: str, value: object, complaint: Complaint) -> None:
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
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    if value is None:
        return ""
    raise refusal(f"{node.label}: {name} must be a number or a word, got {quoted(value)}")


def _nesterov_resolved(node: DesignerNode, settings: Settings) -> Settings:
    if "nesterov" not in settings:
        return settings
    try:
        is_nesterov = flag_from(settings.pop("nesterov"))
    except ValueError as error:
        raise refusal(f"{node.label}: nesterov must be {error}") from None
    return {**settings, "optimizer": "nesterov"} if is_nesterov else settings


def _betas_resolved(node: DesignerNode, settings: Settings) -> Settings:
    """Two numbers in one text, `(0.9, 0.999)`, are the two betas."""
    if "betas" not in settings:
        return settings
    written = settings.pop("betas")
    betas = [beta.strip() for beta in written.strip("[]() ").split(",")]
    try:
        first, second = (str(real_from(beta)) for beta in betas)
    except ValueError:
        raise refusal(f"{node.label}: betas must be two numbers such as 0.9, 0.999, got {quoted(written)}") from None
    return {**settings, "beta1": first, "beta2": second}


def _decay_resolved(node: DesignerNode, settings: Settings) -> Settings:
    """A decay that is said in steps is meant in steps; an exponential one is then smooth."""
    if "decay_steps" not in settings:
        return settings
    kept = {name: value for name, value in settings.items() if name != "decay_epochs"}
    return {**kept, "schedule": "exponential"} if node.type_name == "ExponentialLR" else kept


def _length_of_warmup_resolved(node: DesignerNode, settings: Settings) -> Settings:
    """A warm-up lasts an epoch, unless its length is said in steps."""
    is_in_epochs = any(type_key(name) == "warmupepochs" for name in node.parameters)
    if node.type_name != _WARMUP or is_in_epochs or "warmup_steps" not in settings:
        return settings
    return {name: value for name, value in settings.items() if name != "warmup_epochs"}
