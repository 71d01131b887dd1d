"""The node's own server as the settings ask for it: off, on loopback in the clear, or elsewhere with TLS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import grpc

from server_node.own_services.addresses import is_loopback, joined, parted
from server_node.own_services.own_server import OwnServer
from server_node.own_services.service_table import ServiceTable
from shared.errors import InvalidField


@dataclass(frozen=True, slots=True)
class Listening:
    """A server that serves.

    Attributes:
        address: where callers are told to find it.
    """

    server: OwnServer
    address: str


async def open_own_server(
    services: Sequence[ServiceTable],
    listen: str,
    *,
    advertise_host: str = "",
    credentials: grpc.ServerCredentials | None = None,
    insecure: bool = False,
) -> Listening:
    """Serve on `listen`.

    Args:
        services: what.
        listen: `host:port`; port 0 is any free one.
        advertise_host: where callers find this machine; empty for the host of `listen`.
        credentials: for TLS; None for none.
        insecure: other machines may call without TLS.

    Raises:
        InvalidField: the address cannot be had, or other machines would reach it without TLS.
    """
    host, port = parted(listen)
    check_who_reaches(listen, setting="listen", has_tls=credentials is not None, insecure=insecure)
    server = OwnServer(services)
    bound = server.bind(host, port, None if is_loopback(host) else credentials)
    await server.start()
    return Listening(server, joined(advertise_host or host, bound))


def check_who_reaches(listen: str, *, setting: str, has_tls: bool, insecure: bool) -> None:
    """Refuse to be reached from other machines without TLS, unless that was asked for.

    Raises:
        InvalidField: they would.
    """
    host, _ = parted(listen)
    if is_loopback(host) or has_tls or insecure:
        return
    raise InvalidField(
        f"{setting} {listen} can be reached from other machines and this node has no certificate: "
        "enrol it with --join-token-file, listen on 127.0.0.1, or say --insecure",
        field=setting,
    )
