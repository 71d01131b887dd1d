"""A handle on one deployment: ask, predict, end. Predictions go to the nodes themselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cyxwiz.aio.connection import Connection
from cyxwiz.aio.replicas import Replicas
from cyxwiz.deployment_records import (
    DeploymentInfo,
    ServedModelInfo,
    deployment_info_from_wire,
    model_info_from_wire,
)
from shared.errors import DeadlinePassed, WrongState
from shared.pb import deployment_pb2, deployment_pb2_grpc, inference_pb2

if TYPE_CHECKING:
    from cyxwiz.tensor_wire import Array, Inputs

PREDICT_SECONDS = 30.0
LOOK_SECONDS = 0.2


class Deployment:
    """One deployment.

    Attributes:
        name: what it is called; its id will do too.
    """

    def __init__(
        self, name: str, *, connection: Connection, deployments: deployment_pb2_grpc.DeploymentServiceAsyncStub
    ) -> None:
        """Made by `Client.deployment` and `Client.deploy`."""
        self.name = name
        self._connection = connection
        self._deployments = deployments
        self._replicas = Replicas(self.info, connection)

    def __repr__(self) -> str:
        return f"Deployment({self.name!r})"

    async def info(self) -> DeploymentInfo:
        """Return how it stands, and where each replica answers.

        Raises:
            NotFound: there is no such deployment.
        """
        request = deployment_pb2.GetDeploymentRequest(deployment_id=self.name)
        answer = await self._connection.call(self._deployments.GetDeployment, request)
        return deployment_info_from_wire(answer.deployment)

    async def wait(self, *, timeout_seconds: float | None = None) -> DeploymentInfo:
        """Return it once as many replicas of its newest model answer as are wanted.

        Raises:
            WrongState: it is stopped, or its model cannot be served.
            DeadlinePassed: the time is up.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                while True:
                    info = await self.info()
                    if info.is_complete:
                        return info
                    _refuse_what_will_not_be(info)
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise DeadlinePassed(f"{self.name} does not answer yet; cyxwiz deployments shows why") from None

    async def predict(self, inputs: Inputs, *, timeout_seconds: float = PREDICT_SECONDS) -> Array | dict[str, Array]:
        """Return what the model gives for some rows; arrays by name where it has several outputs.

        Another replica is asked where one does not answer, and the central server where they are now.

        Args:
            inputs: rows first: one array, or several by name.
            timeout_seconds: how long it may take.

        Raises:
            InvalidField: the model does not take such rows.
            TooManyRequests: the replicas have as much to do as they take.
            WrongState: the deployment is stopped, or cannot be served.
            MachineFailure: no replica answers.
        """
        from cyxwiz.tensor_wire import outputs_from, tensors_from  # noqa: PLC0415  # loads numpy

        request = inference_pb2.InferRequest(deployment_id=self.name, inputs=tensors_from(inputs))
        answer = await self._replicas.call("Infer", request, timeout_seconds=timeout_seconds)
        outputs = outputs_from(answer.outputs)
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    async def model(self, *, timeout_seconds: float = PREDICT_SECONDS) -> ServedModelInfo:
        """Return what its model takes and gives; raises as `predict` does."""
        request = inference_pb2.GetModelInfoRequest(deployment_id=self.name)
        return model_info_from_wire(await self._replicas.call("GetModelInfo", request, timeout_seconds=timeout_seconds))

    async def stop(self) -> DeploymentInfo:
        """End its replicas, and keep it: `deploy` under its name lets it go on."""
        request = deployment_pb2.StopDeploymentRequest(deployment_id=self.name)
        answer = await self._connection.call(self._deployments.StopDeployment, request)
        return deployment_info_from_wire(answer.deployment)

    async def delete(self) -> None:
        """End its replicas and forget it."""
        request = deployment_pb2.DeleteDeploymentRequest(deployment_id=self.name)
        await self._connection.call(self._deployments.DeleteDeployment, request)


def _refuse_what_will_not_be(info: DeploymentInfo) -> None:
    if info.state in {"stopped", "failed", "terminated"} or "cannot be served" in info.message:
        raise WrongState(f"deployment {info.name} is {info.state}{f': {info.message}' if info.message else ''}")
