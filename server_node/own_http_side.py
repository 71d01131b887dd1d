"""The node's HTTP server as the settings ask for it: what it serves, who may ask, and with which certificate."""

from __future__ import annotations

from server_node.connection.secure_link import SecureLink
from server_node.own_http.hosts import KnownHosts
from server_node.own_http.server import OwnHttpServer, open_http_server
from server_node.own_http.tls import renewing_context
from server_node.own_services.addresses import parted
from server_node.ports import CallerPort
from server_node.serving.http_predictions import http_predictions
from server_node.serving.predicting import Predicting
from server_node.settings import NodeSettings


async def open_own_http(
    settings: NodeSettings, predicting: Predicting, callers: CallerPort, link: SecureLink
) -> tuple[OwnHttpServer, str]:
    """Serve predictions over HTTP, and return where.

    Raises:
        InvalidField: the address cannot be had, or other machines would reach it without TLS.
    """
    first = link.own_certificate()
    hosts = KnownHosts([parted(settings.http_listen)[0], settings.advertise_host])
    return await open_http_server(
        http_predictions(predicting, callers, hosts),
        settings.http_listen,
        advertise_host=settings.advertise_host,
        tls=None if first is None else renewing_context(lambda: link.own_certificate() or first),
        insecure=settings.insecure,
    )
