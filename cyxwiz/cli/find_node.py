"""From what a person typed to a node: its id, its name, or a beginning of the id that only one node has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.did_you_mean import did_you_mean
from shared.errors import NotFound

if TYPE_CHECKING:
    from cyxwiz.aio import Client

_NAMED_AT_MOST = 3


async def find_node(client: Client, typed: str) -> str:
    """Return the id of the node that `typed` means.

    Raises:
        NotFound: no node has this id or name or begins so, or several do.
    """
    nodes = await client.nodes()
    if any(node.node_id == typed for node in nodes):
        return typed
    named = [node.node_id for node in nodes if node.name == typed]
    matches = named or [node.node_id for node in nodes if typed and node.node_id.startswith(typed)]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        known = [word for node in nodes for word in (node.node_id, node.name)]
        raise NotFound(f"no node {typed}{did_you_mean(typed, known) or '; cyxwiz nodes shows the nodes there are'}")
    first = ", ".join(matches[:_NAMED_AT_MOST])
    raise NotFound(f"{len(matches)} nodes are meant by {typed}; did you mean one of {first}? Write its whole id")
