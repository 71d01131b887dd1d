"""Where the node's own servers listen, as text and in parts. It opens nothing."""

from __future__ import annotations

import ipaddress

MOST_PORT = 65535


def is_host_and_port(address: str) -> bool:
    """Tell whether this is `host:port`; an IPv6 address stands in brackets."""
    host, _, port = address.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit() and int(port) <= MOST_PORT


def parted(address: str) -> tuple[str, int]:
    """Return host and port of `host:port`."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def joined(host: str, port: int) -> str:
    """Return `host:port`, with brackets where the host needs them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_loopback(host: str) -> bool:
    """Tell whether an address or name is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
