"""From a job spec to the mapping of a job file that asks for the same. `job_spec_from_mapping` is the way back."""

from __future__ import annotations

import json

from shared.job_spec import JobSpec, Resources, Retry


def mapping_from_job_spec(spec: JobSpec) -> dict[str, object]:
    """Return the keys of a job file; whose job it is, is not among them: that is who submits it.

    Every hyperparameter is said, since what is left unsaid may be filled in by a designer graph.
    """
    said: dict[str, object] = {
        "name": spec.name,
        "job_type": None if spec.job_type == "training" else spec.job_type,
        "dataset": spec.dataset,
        "batch_size": spec.batch_size,
        "epochs": spec.epochs,
        "hyperparameters": spec.hyperparameters.model_dump(mode="json", exclude_none=True),
        "priority": spec.priority,
        "resources": _resources(spec.resources),
        "retry": spec.retry.model_dump() if spec.retry != Retry() else None,
        "timeout_seconds": spec.timeout_seconds,
        "wait_timeout_seconds": spec.wait_timeout_seconds,
        "after": list(spec.after),
        "labels": dict(spec.labels),
        "weights": spec.weights,
        "model": json.loads(spec.model_definition),
    }
    return {key: value for key, value in said.items() if value not in (None, "", [], {})}


def _resources(resources: Resources) -> dict[str, object]:
    if resources == Resources():
        return {}
    said = {"device": resources.device, "memory": resources.memory_bytes, "devices": resources.devices}
    said |= {"whole_device": True} if resources.whole_device else {}
    return {key: value for key, value in said.items() if value is not None}
