"""From what a person typed to the place where a node's terminals are, with what the command line says to show there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.aio.node_door import NodeDoor
from cyxwiz.cli.connection_options import connection_options
from cyxwiz.cli.find_node import find_node
from cyxwiz.errors import NotSupported, WrongState
from cyxwiz.tls_choice import resolve_tls
from cyxwiz.token_choice import resolve_token

if TYPE_CHECKING:
    from cyxwiz.aio import Client


async def terminal_door(client: Client, typed: str) -> NodeDoor:
    """Return where the terminals of a node are, spoken to as its central server is.

    Raises:
        NotFound: no node is meant, or several are.
        WrongState: it is offline.
        NotSupported: its operator has not turned terminals on.
    """
    node_id = await find_node(client, typed)
    node = next(node for node in await client.nodes() if node.node_id == node_id)
    if node.state == "offline":
        raise WrongState(f"node {typed} is offline: start it, or choose another of cyxwiz nodes")
    if not node.terminal_address:
        raise NotSupported(f"node {typed} offers no terminals: start it with --terminal")
    said = connection_options.get()
    tls, token = resolve_tls(said.ca, said.certificate_files), resolve_token(said.token)
    return NodeDoor(node_id, node.terminal_address, tls, token)
