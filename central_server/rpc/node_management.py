"""NodeManagementService: what operators ask of nodes, between its messages and `requests.node_commands`."""

from __future__ import annotations

from central_server.requests.caller import Caller
from central_server.requests.node_commands import NodeCommands
from central_server.rpc.node_info import node_info
from shared.pb import node_pb2


class NodeManagement:
    """The rpcs that change nodes."""

    def __init__(self, commands: NodeCommands) -> None:
        self._commands = commands

    async def drain(self, request: node_pb2.DrainNodeRequest, _caller: Caller) -> node_pb2.NodeResponse:
        """Let a node take nothing new; what runs there moves when the time is up. Durable when it is answered."""
        view = await self._commands.drain(request.node_id, request.within_seconds)
        return node_pb2.NodeResponse(info=node_info(view))

    async def undrain(self, request: node_pb2.UndrainNodeRequest, _caller: Caller) -> node_pb2.NodeResponse:
        """Let a node take work again."""
        return node_pb2.NodeResponse(info=node_info(await self._commands.undrain(request.node_id)))
