"""By which names the node's HTTP may be asked: so that no page of a stranger's can ask in a person's name.

A name that somebody else's DNS lets point here is refused (DNS rebinding). An address needs no list: only a name can be
pointed elsewhere.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

from server_node.own_http.messages import HttpRequest
from server_node.own_services.addresses import is_loopback
from shared.errors import NotPermitted


class KnownHosts:
    """Names of this node.

    Args:
        names: what the settings say, beside this machine's own name.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower() for name in (*names, socket.gethostname()) if name)

    def check(self, request: HttpRequest) -> None:
        """Go on if the request names this node, and comes from no page of elsewhere.

        Raises:
            NotPermitted: it does not.
        """
        said = request.headers.get("host", "")
        host = _host_in(said)
        if not (host in self._names or _is_address(host) or is_loopback(host)):
            raise NotPermitted(
                f"this node is not known as {host[:200]!r}: ask it by its address, or start it with --advertise-host "
                "and that name"
            )
        origin = request.headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != said.lower():
            raise NotPermitted(f"pages of {origin[:200]!r} may ask nothing here")


def _host_in(text: str) -> str:
    """Return the host of `HOST:PORT`, `[IPV6]:PORT` or `HOST`, in lower case."""
    if text.startswith("["):
        return text[1:].partition("]")[0].lower()
    return text.partition(":")[0].lower()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
