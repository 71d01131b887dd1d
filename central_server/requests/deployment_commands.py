"""What changes deployments: it checks a request, keeps what is wanted, and answers once that is durable.

Replicas are started and ended by `deployments.controller`, which looks as soon as something has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from central_server.deployments.controller import DeploymentController
from central_server.deployments.records import DeploymentRecord, Wanted
from central_server.deployments.served_samples import SamplePoint
from central_server.deployments.views import DeploymentView, DeploymentViews
from central_server.ports import Artifacts
from central_server.read_model import ReadModel
from central_server.requests.caller import Caller
from central_server.requests.deployed_model import DeployedModel, deployed_model
from shared.clock import Clock
from shared.errors import AlreadyExists, InvalidField, NotSupported
from shared.identifiers import check_identifier, new_job_id
from shared.job_spec import JobSpec, Resources, Retry
from shared.pb import common_pb2, deployment_pb2
from shared.pydantic_sentences import invalid_field_from
from shared.serving import Serving
from shared.tracker_choice import TrackerChoice

MOST_REPLICAS = 1_000
MOST_LOSSES = 2**31 - 1
"""Losing its node is nothing that a replica could do too often."""
_DEVICES: Mapping[int, str] = {
    common_pb2.DEVICE_UNKNOWN: "any",
    common_pb2.DEVICE_CPU: "cpu",
    common_pb2.DEVICE_CUDA: "cuda",
}
_WIRE_NAMES = {"largest_batch": "batch_size", "batch_milliseconds": "runtime_params", "queue_rows": "runtime_params"}
_PARAMETERS: Mapping[str, type[int] | type[float]] = {"batch_milliseconds": float, "queue_rows": int}


class DeploymentCommands:
    """Deploy, stop, delete; and looking at what there is."""

    def __init__(
        self,
        controller: DeploymentController,
        read_model: ReadModel,
        artifacts: Artifacts,
        clock: Clock,
    ) -> None:
        self._book = controller.book
        self._controller = controller
        self._read_model = read_model
        self._artifacts = artifacts
        self._clock = clock
        self._views = DeploymentViews(controller, read_model)

    def all(self) -> tuple[DeploymentView, ...]:
        """Return every deployment, the oldest first."""
        return self._views.all()

    def find(self, called: str) -> DeploymentView:
        """Return the deployment of this id or name.

        Raises:
            NotFound: there is none.
        """
        return self._views.of(self._book.find(_said(called)))

    def points(self, called: str, *, from_ms: int, until_ms: int) -> tuple[SamplePoint, ...]:
        """Return what a deployment did in a span of time; 0 does not limit."""
        record = self._book.find(_said(called))
        return self._controller.samples.points(record.deployment_id, from_ms=from_ms, until_ms=until_ms)

    async def create(self, config: deployment_pb2.DeploymentConfig, caller: Caller) -> DeploymentView:
        """Deploy a model; under a name that is taken, replace its model. The same again changes nothing.

        Raises:
            UserMistake: with the field at fault.
        """
        _refuse_what_is_not_offered(config)
        model = await deployed_model(config.model, self._read_model, self._artifacts)
        with self._artifacts.held({model.weights.rpartition(":")[2]}):
            async with self._book.changing():
                wanted = self._wanted(config, model, caller)
                if wanted != self._book.named(wanted.deployment_id):
                    self._controller.troubles.are_over(wanted.deployment_id)
                    await self._book.put(wanted)
        return self._views.of(wanted)

    async def stop(self, called: str, caller: Caller) -> DeploymentView:
        """End a deployment's replicas, and keep it; one that is stopped stays so."""
        async with self._book.changing():
            record = self._own(called, caller)
            if record.wanted is Wanted.RUNNING:
                record = replace(record, wanted=Wanted.STOPPED, stopped_at_ms=0)
                await self._book.put(record)
        return self._views.of(record)

    async def delete(self, called: str, caller: Caller) -> None:
        """End a deployment's replicas, and forget it when they have ended."""
        async with self._book.changing():
            record = self._own(called, caller)
            await self._book.put(replace(record, wanted=Wanted.DELETED))

    def _own(self, called: str, caller: Caller) -> DeploymentRecord:
        record = self._book.find(_said(called))
        caller.require_owner(record.user_id, record.name, what="deployment")
        return record

    def _wanted(
        self, config: deployment_pb2.DeploymentConfig, model: DeployedModel, caller: Caller
    ) -> DeploymentRecord:
        deployment_id, name, known = self._names(config)
        if known is None:
            serving = _serving(config, model, deployment_id, name, generation=1)
            return DeploymentRecord(
                deployment_id,
                name,
                caller.user_id,
                _spec(config, model, serving, caller.user_id),
                _replicas(config, 1),
                model.source,
                self._clock.unix_ms(),
            )
        caller.require_owner(known.user_id, known.name, what="deployment")
        return _changed(known, config, model)

    def _names(self, config: deployment_pb2.DeploymentConfig) -> tuple[str, str, DeploymentRecord | None]:
        said_id = check_identifier(config.deployment_id, field="config.deployment_id") if config.deployment_id else ""
        said_name = check_identifier(config.name, field="config.name") if config.name else ""
        by_name = self._book.named(said_name) if said_name else None
        known = self._book.named(said_id) if said_id else by_name
        if by_name is not None and known is not by_name:
            raise AlreadyExists(f"{said_name} is the name of another deployment; choose another", field="config.name")
        if known is None:
            deployment_id = said_id or new_job_id()
            return deployment_id, said_name or deployment_id, None
        if known.wanted is Wanted.DELETED:
            raise AlreadyExists(f"{known.name} is being deleted; try again shortly", field="config.name")
        if said_name and said_name not in {known.name, known.deployment_id}:
            raise AlreadyExists(
                f"deployment {known.deployment_id} is called {known.name}, and keeps its name", field="config.name"
            )
        return known.deployment_id, known.name, known


def _changed(
    known: DeploymentRecord, config: deployment_pb2.DeploymentConfig, model: DeployedModel
) -> DeploymentRecord:
    """Return the record with the model that is asked for; one more generation only where the model is another."""
    same = _serving(config, model, known.deployment_id, known.name, generation=known.generation)
    spec = _spec(config, model, same, known.user_id)
    replicas = _replicas(config, known.replicas)
    is_same = spec == known.spec and known.failure is None
    if not is_same:
        spec = spec.model_copy(update={"serving": same.model_copy(update={"generation": known.generation + 1})})
    elif known.wanted is Wanted.RUNNING and replicas == known.replicas:
        return known
    return replace(
        known,
        spec=spec,
        replicas=replicas,
        source=model.source,
        wanted=Wanted.RUNNING,
        stopped_at_ms=0,
        failure=None,
    )


def _serving(
    config: deployment_pb2.DeploymentConfig, model: DeployedModel, deployment_id: str, name: str, *, generation: int
) -> Serving:
    said: dict[str, Any] = {"deployment_id": deployment_id, "name": name, "generation": generation}
    if config.batch_size:
        said["largest_batch"] = config.batch_size
    try:
        return Serving.model_validate(said | dict(model.serving) | _parameters(config))
    except ValidationError as error:
        raise _with_wire_name(invalid_field_from(error)) from None


def _parameters(config: deployment_pb2.DeploymentConfig) -> dict[str, float]:
    parameters: dict[str, float] = {}
    for name, text in config.runtime_params.items():
        if name not in _PARAMETERS:
            raise InvalidField(
                f"runtime_params must be some of {', '.join(_PARAMETERS)}, got {name[:100]!r}",
                field="config.runtime_params",
            )
        try:
            parameters[name] = _PARAMETERS[name](text)
        except ValueError:
            raise InvalidField(
                f"runtime_params {name} must be a number, got {text[:100]!r}", field="config.runtime_params"
            ) from None
    return parameters


def _spec(config: deployment_pb2.DeploymentConfig, model: DeployedModel, serving: Serving, user_id: str) -> JobSpec:
    said = config.requirements
    memory_bytes = max(said.min_ram, said.min_vram) or model.memory_bytes
    values = {
        "name": serving.name,
        "user_id": user_id,
        "job_type": "serving",
        "model_definition": model.definition,
        "dataset": model.dataset,
        "batch_size": serving.largest_batch,
        "hyperparameters": model.hyperparameters,
        # Replicas have callers; what trains can wait.
        "priority": "high",
        "retry": Retry(max_losses=MOST_LOSSES),
        "weights": model.weights,
        "trackers": TrackerChoice(tensorboard=False, mlflow=False),
        "serving": serving,
    }
    try:
        resources = Resources.model_validate({"device": _device(said.required_device), "memory_bytes": memory_bytes})
        return JobSpec.model_validate(values | {"resources": resources})
    except ValidationError as error:
        raise _with_wire_name(invalid_field_from(error)) from None


def _with_wire_name(mistake: InvalidField) -> InvalidField:
    name = _WIRE_NAMES.get(mistake.field, mistake.field)
    return InvalidField(mistake.message.replace(mistake.field, name, 1), field=f"config.{name}")


def _device(number: int) -> str:
    if number not in _DEVICES:
        raise InvalidField(
            f"required_device must be DEVICE_CPU or DEVICE_CUDA, got {number}", field="config.requirements"
        )
    return _DEVICES[number]


def _replicas(config: deployment_pb2.DeploymentConfig, otherwise: int) -> int:
    if not 0 <= config.replicas <= MOST_REPLICAS:
        raise InvalidField(
            f"replicas must be between 1 and {MOST_REPLICAS}, got {config.replicas}", field="config.replicas"
        )
    return config.replicas or otherwise


def _refuse_what_is_not_offered(config: deployment_pb2.DeploymentConfig) -> None:
    """What would be passed over without a word is said no to instead."""
    if config.type == deployment_pb2.DEPLOYMENT_TYPE_EMBEDDED:
        raise NotSupported("models are served by nodes, and by no client", field="config.type")
    if config.node_id:
        raise NotSupported(
            "the central server chooses the nodes, so that a replica survives the loss of one; leave node_id empty",
            field="config.node_id",
        )
    if config.environment_vars:
        raise NotSupported("replicas run in the node's own process and environment", field="config.environment_vars")


def _said(called: str) -> str:
    if not called:
        raise InvalidField("deployment_id is missing: say which deployment", field="deployment_id")
    return called
