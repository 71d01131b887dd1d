"""The node's own servers as its settings ask for them: gRPC for predictions, deployments and terminals, and HTTP.

Which they are is decided here; who may call what, the tables of the services and the door of HTTP say.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from server_node.connection.secure_link import SecureLink
from server_node.own_services.own_side import Listening, open_own_server
from server_node.own_services.service_table import ServiceTable
from server_node.ports import CallerPort
from server_node.serving.deployment_service import OwnDeployments, deployment_table
from server_node.serving.inference_service import inference_table
from server_node.serving.live_replicas import LiveReplicas
from server_node.serving.predicting import Predicting
from server_node.settings import NodeSettings
from shared.errors import NotSupported
from shared.log_lines import log_event
from shared.node_messages import NodeDescription

if TYPE_CHECKING:
    from server_node.own_http.server import OwnHttpServer

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """Where callers are told to find a node; each is empty where there is nothing to be found."""

    serving: str = ""
    http: str = ""
    terminal: str = ""

    def told_in(self, description: NodeDescription) -> NodeDescription:
        """Return what the node says of itself, with these."""
        return replace(
            description,
            serving_address=self.serving,
            serving_http_address=self.http,
            terminal_address=self.terminal,
        )


class OwnServers:
    """Opened once and closed once, in one event loop.

    Args:
        link: whose certificate is shown.
        callers: tells who calls.
        terminals: the tables of terminals; empty where they are off.
    """

    def __init__(
        self,
        settings: NodeSettings,
        *,
        node_id: str,
        link: SecureLink,
        callers: CallerPort,
        live: LiveReplicas,
        predicting: Predicting,
        terminals: Sequence[ServiceTable],
    ) -> None:
        self._settings = settings
        self._link = link
        self._callers = callers
        self._predicting = predicting
        self._terminals = tuple(terminals)
        deployments = OwnDeployments(live, node_id=node_id, servers=link.addresses)
        self._serving = (inference_table(predicting, callers), deployment_table(deployments, callers))
        self._grpc: list[Listening] = []
        self._http: OwnHttpServer | None = None

    async def open(self) -> OwnAddresses:
        """Serve what the settings ask for, and return where.

        Raises:
            InvalidField: an address cannot be had, or other machines would reach it without TLS.
            NotSupported: what answers HTTP is not installed.
        """
        listen, terminal_listen = self._settings.listen, self._settings.terminal_listen
        serving = await self._listen(self._serving if terminal_listen else (*self._serving, *self._terminals), listen)
        terminal = await self._listen(self._terminals, terminal_listen) if terminal_listen else serving
        return OwnAddresses(serving, await self._listen_http(), terminal if self._terminals else "")

    async def close(self) -> None:
        """Stop serving; what is under way has a moment."""
        for listening in self._grpc:
            await listening.server.stop()
        if self._http is not None:
            await self._http.stop()

    async def _listen(self, services: Sequence[ServiceTable], listen: str) -> str:
        """Return where callers find these services; empty where there are none, or nowhere to listen."""
        if not services or not listen:
            return ""
        listening = await open_own_server(
            services,
            listen,
            advertise_host=self._settings.advertise_host,
            credentials=self._link.own_credentials(),
            insecure=self._settings.insecure,
        )
        self._grpc.append(listening)
        log_event(_LOG, "own_server_listens", address=listening.address)
        return listening.address

    async def _listen_http(self) -> str:
        """Return the URL of HTTP; empty where it is off."""
        if not self._settings.http_listen:
            return ""
        try:
            from server_node.own_http_side import open_own_http  # noqa: PLC0415 - h11 is needed only where HTTP is on
        except ModuleNotFoundError as missing:
            raise NotSupported(
                f"http_listen needs {missing.name}, which is not installed here: pip install h11"
            ) from None
        self._http, url = await open_own_http(self._settings, self._predicting, self._callers, self._link)
        log_event(_LOG, "own_http_listens", url=url)
        return url
