"""Where a request comes from: the host in what the transport says of its peer, and whether that is this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import unquote


def host_of_peer(peer: str) -> str:
    """Return the address in gRPC's `ipv4:1.2.3.4:5`, `ipv6:%5B::1%5D:5` or `unix:…`."""
    kind, _, rest = peer.partition(":")
    if kind == "unix":
        return "localhost"
    return unquote(rest).rpartition(":")[0].strip("[]")


def is_loopback_host(host: str) -> bool:
    """Tell whether an address or name is this machine's own."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
