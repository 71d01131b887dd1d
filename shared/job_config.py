"""Job specs to and from the wire's `JobConfig`, with the wire's own names in errors. Checks nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.errors import InvalidField, NotSupported
from shared.hyperparameter_strings import strings_from_hyperparameters
from shared.job_spec import JobSpec, JobTypeName, job_spec_from_values
from shared.job_values import with_graph_settings
from shared.model_definition.canonical_text import canonical_text_from
from shared.pb import common_pb2, job_pb2
from shared.serving import serving_to_proto, serving_values_from_proto
from shared.tracker_choice import TrackerChoice

_PRIORITY_NUMBERS: Final = {
    "low": job_pb2.PRIORITY_LOW,
    "normal": job_pb2.PRIORITY_NORMAL,
    "high": job_pb2.PRIORITY_HIGH,
    "critical": job_pb2.PRIORITY_CRITICAL,
}
_DEVICE_NUMBERS: Final = {
    "any": common_pb2.DEVICE_UNKNOWN,
    "cpu": common_pb2.DEVICE_CPU,
    "cuda": common_pb2.DEVICE_CUDA,
}
_TYPE_NUMBERS: Final = {
    "training": job_pb2.JOB_TYPE_TRAINING,
    "evaluation": job_pb2.JOB_TYPE_EVALUATION,
    "inference": job_pb2.JOB_TYPE_INFERENCE,
    "serving": job_pb2.JOB_TYPE_SERVING,
}
_TYPES: Mapping[int, str] = {
    job_pb2.JOB_TYPE_UNKNOWN: "training",
    **{number: name for name, number in _TYPE_NUMBERS.items()},
}
_PRIORITIES: Mapping[int, str] = {number: name for name, number in _PRIORITY_NUMBERS.items()}
_DEVICES: Mapping[int, str] = {number: name for name, number in _DEVICE_NUMBERS.items()}
_WIRE_NAMES: Mapping[str, str] = {
    "dataset": "dataset_uri",
    "weights": "weights_uri",
    "resources.memory_bytes": "estimated_memory",
    "resources.devices": "devices",
    "resources.device": "required_device",
    "resources.whole_device": "whole_device",
    "retry.max_failures": "max_failures",
    "retry.max_losses": "max_losses",
}


def job_spec_from_config(config: job_pb2.JobConfig, *, initial_data_uri: str = "", user_id: str = "local") -> JobSpec:
    """The job that a client's message asks for.

    Args:
        config: the message; 0 and empty mean not said, but `batch_size` and `epochs` must be said.
        initial_data_uri: where data sent along is kept; the dataset when `dataset_uri` is empty.
        user_id: who asks.

    Raises:
        InvalidField: with the wire's name of the field.
        TooLarge: when the model definition is.
        NotSupported: for a job type that no node can run.
    """
    job_type = _job_type(config.job_type)
    text = canonical_text_from(config.model_definition)
    values = {"job_type": job_type, **_values_said(config, text, config.dataset_uri or initial_data_uri)}
    values = with_graph_settings(values, dict(config.hyperparameters), text)
    # A graph may say the batch size; when nobody does, the 0 of the wire is refused as what it is.
    values = {"batch_size": config.batch_size, **values, "user_id": user_id}
    try:
        return job_spec_from_values(values)
    except InvalidField as error:
        raise with_wire_name(error) from None


def config_from_job_spec(spec: JobSpec) -> job_pb2.JobConfig:
    """The message that asks for this job; `job_id` is left for the sender, whose job it is does not travel."""
    return job_pb2.JobConfig(
        job_type=_TYPE_NUMBERS[spec.job_type],
        priority=_PRIORITY_NUMBERS[spec.priority],
        model_definition=spec.model_definition,
        hyperparameters=strings_from_hyperparameters(spec.hyperparameters),
        dataset_uri=spec.dataset,
        batch_size=spec.batch_size,
        epochs=spec.epochs,
        required_device=_DEVICE_NUMBERS[spec.resources.device],
        estimated_memory=spec.resources.memory_bytes or 0,
        name=spec.name,
        labels=spec.labels,
        devices=spec.resources.devices,
        max_failures=spec.retry.max_failures,
        timeout_seconds=spec.timeout_seconds or 0,
        max_losses=spec.retry.max_losses,
        weights_uri=spec.weights,
        whole_device=spec.resources.whole_device,
        wait_timeout_seconds=spec.wait_timeout_seconds or 0,
        after=spec.after,
        trackers=_trackers_message(spec.trackers),
        serving=serving_to_proto(spec.serving),
    )


def with_wire_name(error: InvalidField) -> InvalidField:
    """The same error, with the wire's name of the field in place of the spec's."""
    name = _WIRE_NAMES.get(error.field)
    return InvalidField(error.message.replace(error.field, name, 1), field=name) if name else error


def job_type_number(name: JobTypeName) -> job_pb2.JobType:
    """The wire's number of a job type."""
    return _TYPE_NUMBERS[name]


def _job_type(job_type: int) -> str:
    if job_type in _TYPES:
        return _TYPES[job_type]
    offered = ", ".join(job_pb2.JobType.Name(number) for number in _TYPE_NUMBERS.values())
    if job_type not in job_pb2.JobType.values():
        raise InvalidField(f"job_type must be one of {offered}, got the unknown number {job_type}", field="job_type")
    raise NotSupported(
        f"job_type {job_pb2.JobType.Name(job_type)} is known but not supported; send one of {offered}",
        field="job_type",
    )


def _values_said(config: job_pb2.JobConfig, text: str, dataset: str) -> dict[str, object]:
    retry = {"max_failures": config.max_failures}
    if config.HasField("max_losses"):
        retry["max_losses"] = config.max_losses
    values: dict[str, object] = {
        "name": config.name,
        "model_definition": text,
        "dataset": dataset,
        "batch_size": config.batch_size,
        "epochs": _epochs(config),
        "priority": _word(config.priority, _PRIORITIES, "priority"),
        "resources": _resources(config),
        "retry": retry,
        "timeout_seconds": config.timeout_seconds or None,
        "wait_timeout_seconds": config.wait_timeout_seconds or None,
        "after": tuple(config.after),
        "labels": dict(config.labels),
        "weights": config.weights_uri,
        "trackers": _trackers(config.trackers),
        "serving": serving_values_from_proto(config),
    }
    return {name: value for name, value in values.items() if not (name in {"dataset", "batch_size"} and not value)}


def _epochs(config: job_pb2.JobConfig) -> int:
    """What is said; a job that trains nothing goes through its data once."""
    return config.epochs if _TYPES[config.job_type] == "training" else config.epochs or 1


def _resources(config: job_pb2.JobConfig) -> dict[str, object]:
    return {
        "device": _word(config.required_device, _DEVICES, "required_device"),
        "memory_bytes": config.estimated_memory or None,
        "devices": config.devices or 1,
        "whole_device": config.whole_device,
    }


def _trackers(message: job_pb2.Trackers) -> dict[str, object]:
    said = {name: getattr(message, name) for name in ("tensorboard", "mlflow") if message.HasField(name)}
    return {**said, "mlflow_experiment": message.mlflow_experiment}


def _trackers_message(choice: TrackerChoice) -> job_pb2.Trackers | None:
    if choice == TrackerChoice():
        return None
    return job_pb2.Trackers(
        tensorboard=choice.tensorboard, mlflow=choice.mlflow, mlflow_experiment=choice.mlflow_experiment
    )


def _word(number: int, words: Mapping[int, str], field: str) -> str:
    if number not in words:
        known = ", ".join(f"{known} ({word})" for known, word in words.items())
        raise InvalidField(f"{field} must be one of {known}, got {number}", field=field)
    return words[number]
