"""`cyxwiz drain` and `cyxwiz undrain`: take work off a node, and let it take work again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line
from cyxwiz.records import NodeInfo

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cyxwiz.aio import Client

_NodeArgument = Annotated[str, typer.Argument(help="Its id or name, or the beginning of its id.", metavar="NODE")]


def drain(
    node: _NodeArgument,
    within: Annotated[
        float,
        typer.Option("--within", metavar="SECONDS", help="How long running jobs may still take before they move."),
    ] = 0.0,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Let a node take no new work, and move what runs there.

    Jobs save a checkpoint and go on at another node. The node stays drained until `cyxwiz undrain`.

    Example: cyxwiz drain gpu-3 --within 600
    """

    async def work(client: Client, node_id: str) -> NodeInfo:
        return await client.drain(node_id, within_seconds=within)

    _change(node, work, as_json=as_json, server=server)


def undrain(node: _NodeArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """Let a drained node take work again.

    Example: cyxwiz undrain gpu-3
    """

    async def work(client: Client, node_id: str) -> NodeInfo:
        return await client.undrain(node_id)

    _change(node, work, as_json=as_json, server=server)


def _change(
    node: str, work: Callable[[Client, str], Awaitable[NodeInfo]], *, as_json: bool, server: str | None
) -> None:
    from cyxwiz.cli.find_node import find_node
    from cyxwiz.cli.with_client import with_client

    async def find_and_work(client: Client) -> NodeInfo:
        return await work(client, await find_node(client, node))

    info = with_client(server, find_and_work)
    if as_json:
        print_json(info)
    else:
        print_line(f"{info.node_id} {info.name} {info.state}, {len(info.attempts)} attempts running")
