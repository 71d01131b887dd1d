"""The handle on one deployment for programs without an event loop: as `cyxwiz.aio.Deployment`, each call waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.aio.deployment import PREDICT_SECONDS
from cyxwiz.aio.deployment import Deployment as AsyncDeployment
from cyxwiz.background_loop import BackgroundLoop
from cyxwiz.deployment_records import DeploymentInfo, ServedModelInfo

if TYPE_CHECKING:
    from cyxwiz.tensor_wire import Array, Inputs


class Deployment:
    """One deployment; made by `Client.deploy` and `Client.deployment`.

    Attributes:
        name: what it is called; its id will do too.
    """

    def __init__(self, deployment: AsyncDeployment, loop: BackgroundLoop) -> None:
        """Wrap the async handle."""
        self.name = deployment.name
        self._deployment = deployment
        self._loop = loop

    def __repr__(self) -> str:
        return f"Deployment({self.name!r})"

    def info(self) -> DeploymentInfo:
        """Return how it stands, and where each replica answers."""
        return self._loop.run(self._deployment.info())

    def wait(self, *, timeout_seconds: float | None = None) -> DeploymentInfo:
        """Return it once as many replicas of its newest model answer as are wanted."""
        return self._loop.run(self._deployment.wait(timeout_seconds=timeout_seconds))

    def predict(self, inputs: Inputs, *, timeout_seconds: float = PREDICT_SECONDS) -> Array | dict[str, Array]:
        """Return what the model gives for some rows; see `cyxwiz.aio.Deployment.predict`."""
        return self._loop.run(self._deployment.predict(inputs, timeout_seconds=timeout_seconds))

    def model(self, *, timeout_seconds: float = PREDICT_SECONDS) -> ServedModelInfo:
        """Return what its model takes and gives."""
        return self._loop.run(self._deployment.model(timeout_seconds=timeout_seconds))

    def stop(self) -> DeploymentInfo:
        """End its replicas, and keep it: `deploy` under its name lets it go on."""
        return self._loop.run(self._deployment.stop())

    def delete(self) -> None:
        """End its replicas and forget it."""
        self._loop.run(self._deployment.delete())
