"""From a job's record to what trackers are told of it. It tells nobody."""

from __future__ import annotations

import hashlib

from central_server.scheduler.jobs import JobRecord
from central_server.trackers.tracker import Outcome, TrackedJob
from shared.hyperparameter_strings import strings_from_hyperparameters
from shared.lifecycle import JobState


def tracked_job(record: JobRecord) -> TrackedJob:
    """Return what a tracker's run begins with."""
    spec = record.spec
    parameters: dict[str, str | int | float] = {
        "job_type": spec.job_type,
        "dataset": spec.dataset,
        "batch_size": spec.batch_size,
        "epochs": spec.epochs,
        "model_digest": hashlib.sha256(spec.model_definition.encode()).hexdigest()[:16],
        **{name: _number_or_text(text) for name, text in strings_from_hyperparameters(spec.hyperparameters).items()},
    }
    tags = {
        "cyxwiz.job_id": record.job_id,
        "cyxwiz.user_id": spec.user_id,
        "cyxwiz.priority": spec.priority,
        **{f"label.{name}": text for name, text in spec.labels.items()},
    }
    return TrackedJob(
        job_id=record.job_id,
        title=spec.name or record.job_id,
        user_id=spec.user_id,
        submitted_at_ms=record.submitted_at_ms,
        started_at_ms=record.started_at_ms or record.submitted_at_ms,
        experiment=spec.trackers.mlflow_experiment,
        parameters=parameters,
        tags=tags,
    )


def outcome_of(record: JobRecord) -> Outcome:
    """Return how a job ended that has ended."""
    began_at_ms = record.attempts[0].offered_at_ms if record.attempts else record.submitted_at_ms
    reason = record.error.message if record.error else record.reason
    return Outcome(
        state=record.state,
        reason=reason if record.state is not JobState.SUCCEEDED else "",
        ended_at_ms=record.ended_at_ms,
        duration_seconds=max(0, record.ended_at_ms - began_at_ms) / 1000,
        step=record.step,
        metrics=dict(record.result.final_metrics) if record.result else {},
    )


def _number_or_text(text: str) -> str | int | float:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text
