"""Where the central server is: what was asked for, else `CYXWIZ_SERVER`, else this machine."""

from __future__ import annotations

import os

from shared.errors import InvalidField

DEFAULT_SERVER = "127.0.0.1:50051"
SERVER_VARIABLE = "CYXWIZ_SERVER"

_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


def resolve_server(asked: str | None) -> str:
    """Return `HOST:PORT` of the central server, or of several that share a database, separated by commas.

    Raises:
        InvalidField: what was asked, or the environment variable, is not `HOST:PORT`.
    """
    if asked:
        return _check_address(asked, field="server")
    return _check_address(os.environ.get(SERVER_VARIABLE) or DEFAULT_SERVER, field=SERVER_VARIABLE)


def is_loopback(address: str) -> bool:
    """Tell whether `HOST:PORT` is on this machine, so that no proxy belongs in between."""
    return address.rpartition(":")[0] in _LOOPBACK_HOSTS


def each_address(server: str) -> tuple[str, ...]:
    """Return the addresses in what `resolve_server` gave."""
    return tuple(server.split(","))


def _check_address(addresses: str, *, field: str) -> str:
    return ",".join(_check_one(address.strip(), field=field) for address in addresses.split(","))


def _check_one(address: str, *, field: str) -> str:
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise InvalidField(f"{field} must be HOST:PORT, such as {DEFAULT_SERVER}, got {address[:80]!r}", field=field)
    return address
