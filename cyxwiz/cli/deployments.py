"""`cyxwiz deployments`: what is deployed, how it stands, and where it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from cyxwiz.aio import Client
    from cyxwiz.deployment_records import DeploymentInfo

_HEADER = ("NAME", "STATE", "MODEL", "REPLICAS", "REQUESTS", "LATENCY", "WHERE")


def deployments(as_json: JsonOption = False, server: ServerOption = None) -> None:
    """List the deployments, the oldest first.

    Example: cyxwiz deployments
    """
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> list[DeploymentInfo]:
        return await client.deployments()

    infos = with_client(server, work)
    if as_json:
        print_json(infos)
    else:
        print_table(_HEADER, [_row(info) for info in infos])


def state_in_words(info: DeploymentInfo) -> str:
    """Return one word: whether anybody has asked yet (`running`, else `ready`) is told by REQUESTS."""
    answers = info.state in {"ready", "running"} and info.is_complete
    return "ready" if answers else info.state


def latency_in_words(info: DeploymentInfo) -> str:
    """Return how long an answer took on average; a dash before any was measured."""
    return f"{info.latency_ms:.2f} ms" if info.latency_ms else "-"


def _row(info: DeploymentInfo) -> tuple[str, ...]:
    return (
        info.name,
        state_in_words(info),
        f"{info.source.removeprefix('artifact://sha256:')[:16]} ({info.generation})",
        f"{len(info.ready)} of {info.replicas_wanted}",
        str(info.total_requests),
        latency_in_words(info),
        info.message or ", ".join(replica.address for replica in info.ready) or "-",
    )
