"""By which names HTTP may be asked, and from which pages: so that no page of a stranger's can ask in a person's name.

A name that somebody else's DNS lets point here is refused (DNS rebinding). An address needs no list: only a name can be
pointed elsewhere.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from central_server.identity.peers import is_loopback_host
from central_server.settings import Address, Settings
from shared.errors import NotPermitted

_SAME_SITE = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """Names, in lower case."""

    names: frozenset[str]

    @classmethod
    def of(cls, settings: Settings, certified: Iterable[str] = ()) -> Self:
        """Return those that the settings, this machine's own name and the server's certificate give."""
        said = [settings.listen, settings.http_listen, *filter(None, [settings.advertise])]
        names = {_host_in(text) for text in said} | {socket.gethostname()}
        names |= {name.strip() for name in settings.allow_host.split(",") if name.strip()}
        return cls(frozenset(name.lower() for name in names | set(certified)))

    def check_host(self, connection: HTTPConnection) -> None:
        """Go on if the request names this server by a name of its own.

        Raises:
            NotPermitted: it does not.
        """
        host = _host_in(connection.headers.get("host", "")).lower()
        if not (host in self.names or _is_address(host) or is_loopback_host(host)):
            raise NotPermitted(
                f"this server is not known as {host[:200]!r}: ask it by its address, or start it with "
                "--allow-host and that name"
            )

    def check_origin(self, connection: HTTPConnection, *, is_needed: bool) -> None:
        """Go on if the request comes from this server's own page, or from no page.

        Raises:
            NotPermitted: another page sent it; or nothing says which, where that has to be known.
        """
        origin = connection.headers.get("origin")
        if origin is not None:
            if urlsplit(origin).netloc.lower() != connection.headers.get("host", "").lower() or origin == "null":
                raise NotPermitted(f"pages of {origin[:200]!r} may change nothing here")
            return
        site = connection.headers.get("sec-fetch-site")
        if site is not None and site not in _SAME_SITE:
            raise NotPermitted("pages of other sites may change nothing here")
        if site is None and is_needed:
            raise NotPermitted("with a session, Origin must say that the request comes from this server's page")


def _host_in(text: str) -> str:
    """Return the host of `HOST:PORT`, `[IPV6]:PORT` or `HOST`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    try:
        return Address.parse(text).host
    except ValueError:
        return text


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
