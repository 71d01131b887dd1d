"""Which engine runs a job: the node's own, the one for replicas, or the one for models that users wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from server_node.execution.engine import Plan, Training, TrainingEngine
from shared.errors import NotSupported
from shared.job_spec import JobSpec
from shared.user_model import runs_user_code


class EngineChoice:
    """An engine that hands each job to the one that is for it.

    Args:
        ours: for models made of our own layers.
        users: for models that users wrote; None refuses them.
        serving: for replicas of deployments; None refuses them.
    """

    def __init__(
        self, ours: TrainingEngine, users: TrainingEngine | None, serving: TrainingEngine | None = None
    ) -> None:
        self._ours = ours
        self._users = users
        self._serving = serving

    def prepare(
        self, spec: JobSpec, device_id: str, *, checkpoints: Sequence[Path], should_stop: Callable[[], bool]
    ) -> Training:
        """Do what the engine's `prepare` does."""
        return self._for(spec).prepare(spec, device_id, checkpoints=checkpoints, should_stop=should_stop)

    def plan(self, spec: JobSpec) -> Plan:
        """Do what the engine's `plan` does."""
        return self._for(spec).plan(spec)

    def _for(self, spec: JobSpec) -> TrainingEngine:
        if spec.job_type == "serving":
            return self._for_serving(spec)
        if not runs_user_code(spec.model_definition):
            return self._ours
        if self._users is None:
            raise NotSupported(
                "this node does not run users' own models: its operator has not said --allow-user-code",
                field="model_definition",
            )
        return self._users

    def _for_serving(self, spec: JobSpec) -> TrainingEngine:
        if self._serving is None:
            raise NotSupported("this node serves no models: its operator has not said --listen", field="job_type")
        if runs_user_code(spec.model_definition):
            raise NotSupported("models that users wrote in Python cannot be served", field="model_definition")
        return self._serving
