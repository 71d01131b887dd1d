"""What deployments need of the store, as a Protocol."""

from __future__ import annotations

from typing import Protocol

from central_server.deployments.records import DeploymentRecord


class DeploymentStore(Protocol):
    """Durable memory of deployments. Every method raises `StoreUnavailable` when it cannot."""

    async def deployments(self) -> tuple[DeploymentRecord, ...]:
        """Return every deployment, the oldest first."""
        ...

    async def put_deployment(self, record: DeploymentRecord) -> None:
        """Keep this in place of what was there."""
        ...

    async def remove_deployment(self, deployment_id: str) -> None:
        """Forget one."""
        ...
