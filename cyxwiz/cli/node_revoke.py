"""`cyxwiz node revoke`: takes its certificate from a node, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import ServerOption
from cyxwiz.cli.printing import print_line

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def revoke(
    node: Annotated[str, typer.Argument(help="Its id or name, or the beginning of its id.", metavar="NODE")],
    server: ServerOption = None,
) -> None:
    """Take its certificates from a node and close its connection.

    What runs there is given to other nodes when its lease is over. With a new join token the node may come back.

    Example: cyxwiz node revoke gpu-3
    """
    from cyxwiz.cli.find_node import find_node
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> tuple[str, list[str]]:
        node_id = await find_node(client, node)
        return node_id, await client.revoke_node(node_id)

    node_id, serials = with_client(server, work)
    print_line(f"revoked {node_id}: certificates {', '.join(serials)}")
