"""`cyxwiz undeploy`: ends a deployment's replicas and forgets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.cli.options import DeploymentArgument, JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def undeploy(deployment: DeploymentArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """End a deployment's replicas and forget it.

    Example: cyxwiz undeploy digits
    """
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> None:
        await client.deployment(deployment).delete()

    with_client(server, work)
    if as_json:
        print_json({"name": deployment, "deleted": True})
    else:
        print_line(f"{deployment} undeployed")
