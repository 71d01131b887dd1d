"""From the mapping of a job file (YAML or JSON) to the fields of a job, each with its own type. Ranges come later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shared.byte_sizes import bytes_from
from shared.dataset_uri import with_input_as_target
from shared.did_you_mean import did_you_mean, quoted
from shared.errors import InvalidField
from shared.hyperparameter_strings import hyperparameters_from_strings, is_known_name, strings_from_values
from shared.model_definition.canonical_text import canonical_text_from
from shared.model_definition.parse import parse_model_definition
from shared.model_definition.pattern_values import with_job_values
from shared.model_reference import referenced_job
from shared.strict_values import integer_from
from shared.tracker_choice import tracker_choice_from_value

_KEYS = (
    "name",
    "user_id",
    "job_type",
    "model",
    "dataset",
    "batch_size",
    "epochs",
    "hyperparameters",
    "priority",
    "resources",
    "retry",
    "timeout_seconds",
    "wait_timeout_seconds",
    "after",
    "labels",
    "weights",
    "trackers",
)
_RESOURCES_KEYS = ("device", "memory", "devices", "whole_device")
_RETRY_KEYS = ("max_failures", "max_losses")
_INTEGERS = ("batch_size", "epochs", "timeout_seconds", "wait_timeout_seconds")
_WORDS = ("name", "user_id", "job_type", "dataset", "priority", "weights")
_JOB_FIELDS_OF_GRAPHS = ("dataset", "batch_size")


def job_values_from_mapping(mapping: Mapping[str, object]) -> dict[str, object]:
    """The fields that the job names, typed; what it leaves out is taken from the designer graph, if that says so.

    Raises:
        InvalidField: with the dotted `field`, for an unknown key or a value of the wrong type.
    """
    said = _known_keys(mapping, _KEYS, "")
    if said.get("model") is None:
        raise InvalidField("model is missing; give a model definition such as {layers: [64, 10]}", field="model")
    text = canonical_text_from(said["model"])
    values: dict[str, object] = {name: _word(said[name], name) for name in _WORDS if name in said}
    values |= {name: _integer(said[name], name) for name in _INTEGERS if name in said}
    values |= {"model_definition": text, "labels": _labels(said.get("labels"))}
    values |= {"after": _job_ids(said["after"])} if "after" in said else {}
    values |= {"trackers": tracker_choice_from_value(said["trackers"])} if "trackers" in said else {}
    values |= {"resources": _resources(said.get("resources")), "retry": _retry(said.get("retry"))}
    hyperparameters = strings_from_values(mapping_from(said.get("hyperparameters"), "hyperparameters"))
    return with_graph_settings(values, hyperparameters, text)


def with_graph_settings(
    values: Mapping[str, object], hyperparameters: Mapping[str, str], model_definition: str
) -> dict[str, object]:
    """The fields with the hyperparameters checked, and what is unsaid filled from the graph of the model definition.

    Hyperparameters that bear the names of a pattern's parameters are written into the pattern.

    Raises:
        InvalidField: when the model definition or a hyperparameter is wrong, or nobody names a dataset.
    """
    model_definition, of_pattern = with_job_values(model_definition, hyperparameters)
    # A model that is only named by its job is put in place, and checked, by the server.
    graph = None if referenced_job(model_definition) else parse_model_definition(model_definition)
    settings = {} if graph is None else graph.job_settings
    filled: dict[str, object] = {name: settings[name] for name in _JOB_FIELDS_OF_GRAPHS if name in settings}
    if "batch_size" in filled:
        filled["batch_size"] = _integer(filled["batch_size"], "batch_size")
    filled |= values
    if not filled.get("dataset"):
        raise InvalidField("dataset_uri is missing; name one, such as builtin://digits", field="dataset_uri")
    if graph is not None and graph.is_towards_input and isinstance(filled["dataset"], str):
        filled["dataset"] = with_input_as_target(filled["dataset"])
    from_graph = {name: text for name, text in settings.items() if name not in _JOB_FIELDS_OF_GRAPHS}
    own = {name: text for name, text in hyperparameters.items() if name not in of_pattern or is_known_name(name)}
    checked = hyperparameters_from_strings({**from_graph, **own})
    return {**filled, "model_definition": model_definition, "hyperparameters": checked}


def mapping_from(value: object, field: str) -> dict[str, object]:
    """A mapping with names as keys; null is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidField(f"{field} must be a mapping of names to values, got {quoted(value)}", field=field)
    for name in value:
        if not isinstance(name, str):
            raise InvalidField(f"{field} has the name {quoted(name)}, which must be text", field=field)
    return dict(value)


def _known_keys(value: object, known: tuple[str, ...], field: str) -> dict[str, object]:
    said = mapping_from(value, field or "the job")
    for name in said:
        if name not in known:
            path = f"{field}.{name}" if field else name
            hint = did_you_mean(name, known) or f"; known are {', '.join(known)}"
            raise InvalidField(f"unknown field {quoted(path)}{hint}", field=path[:100])
    return {name: entry for name, entry in said.items() if entry is not None}


def _resources(value: object) -> dict[str, object]:
    said = _known_keys(value, _RESOURCES_KEYS, "resources")
    typed: dict[str, object] = {}
    if "device" in said:
        typed["device"] = _word(said["device"], "resources.device")
    if "memory" in said:
        typed["memory_bytes"] = _read(bytes_from, said["memory"], "resources.memory")
    if "devices" in said:
        typed["devices"] = _integer(said["devices"], "resources.devices")
    if "whole_device" in said:
        typed["whole_device"] = _yes_or_no(said["whole_device"], "resources.whole_device")
    return typed


def _yes_or_no(value: object, field: str) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidField(f"{field} must be true or false, got {quoted(value)}", field=field)


def _job_ids(value: object) -> tuple[str, ...]:
    """The ids of jobs: one word, or a list of them."""
    named = [value] if isinstance(value, str) else value
    if not isinstance(named, Sequence) or not all(isinstance(name, str) for name in named):
        raise InvalidField(f"after must be a list of job ids, got {quoted(value)}", field="after")
    return tuple(str(name) for name in named)


def _retry(value: object) -> dict[str, object]:
    said = _known_keys(value, _RETRY_KEYS, "retry")
    return {name: _integer(number, f"retry.{name}") for name, number in said.items()}


def _labels(value: object) -> dict[str, str]:
    return {name: _label(name, entry) for name, entry in mapping_from(value, "labels").items()}


def _label(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)):
        return str(value)
    raise InvalidField(f"labels.{name} must be a word, got {quoted(value)}", field=f"labels.{name}"[:100])


def _word(value: object, field: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and field == "name" and not isinstance(value, bool):
        return str(value)
    raise InvalidField(f"{field} must be text, got {quoted(value)}", field=field)


def _integer(value: object, field: str) -> int:
    return _read(integer_from, value, field)


def _read(read: Callable[[object], int], value: object, field: str) -> int:
    try:
        return read(value)
    except ValueError as error:
        raise InvalidField(f"{field} must be {error}, got {quoted(value)}", field=field) from None
