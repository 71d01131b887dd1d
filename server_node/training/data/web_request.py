"""One request to a web host, and where its redirects lead: each host is checked before it is dialled.

Nothing is decompressed, and what a secret adds to a request goes to the host that the secret is for and to no other.
"""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote, urljoin, urlsplit

from server_node.training.data.pinned_connection import PinnedConnection, tls_context
from server_node.training.data.reachable_address import AddressRule
from shared.errors import BadData
from shared.remote_location import is_web_host

MOST_REDIRECTS = 5
PART = 206
_WHOLE = 200
_HTTPS_PORT = 443
_SAFE = "%/:@!$&'()*+,;=~-._?"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_THERE = frozenset({404, 410})
_NOT_ALLOWED = frozenset({401, 403, 407})
_TRY_LATER = frozenset({408, 425, 429})
_FIRST_FAULT_OF_A_SERVER = 500


@dataclass(frozen=True, slots=True)
class WebAccess:
    """How a node may reach hosts on the web.

    Attributes:
        rule: which addresses may be dialled.
        context: whose certificates are believed; None for the authorities of the system.
    """

    rule: AddressRule = field(default_factory=AddressRule)
    context: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class WebRequest:
    """What is asked of a host.

    Attributes:
        url: `https://` and a host and a path.
        method: GET or HEAD.
        headers: sent wherever redirects lead.
        own_headers: of a secret; sent to the host and port of `url` alone.
    """

    url: str
    method: str
    headers: Mapping[str, str]
    own_headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """An answer whose content is to be read, and the connection that it comes by."""

    connection: PinnedConnection
    response: http.client.HTTPResponse

    def header(self, name: str) -> str:
        """Give the text of a header, empty where there is none."""
        return self.response.getheader(name) or ""

    def read(self, most_bytes: int) -> bytes:
        """Read so much, or what is left."""
        return self.response.read(most_bytes)

    def close(self) -> None:
        """End the connection, whatever is still coming."""
        self.response.close()
        self.connection.close()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one try of a request goes."""

    host: str
    port: int
    path: str


def open_answer(request: WebRequest, access: WebAccess, deadline: float) -> WebAnswer:
    """Send a request, follow its redirects, and give the answer that has content.

    Raises:
        BadData: the file is not there or may not be read, or a host on the way may not be asked.
        MachineFailure: a host has no address now.
        HTTPException, OSError: of one try; another may succeed.
    """
    said = request.url
    for _ in range(MOST_REDIRECTS + 1):
        answer = _ask(request, _place(said, request.url), access, deadline)
        if answer.response.status not in _REDIRECTS:
            return _with_content(answer, request.url)
        said = urljoin(said, answer.header("Location"))
        answer.close()
    raise _refusal(request.url, f"expected at most {MOST_REDIRECTS} redirects, got more")


def _place(said: str, url: str) -> _Place:
    try:
        parts = urlsplit(said)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _refusal(url, "the host redirects to something that is no URL") from None
    if parts.scheme != "https" or host is None or not is_web_host(parts.netloc):
        raise _refusal(url, f"expected redirects to https:// only, got {parts.scheme[:20]!r}")
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return _Place(host, port or _HTTPS_PORT, path)


def _ask(request: WebRequest, place: _Place, access: WebAccess, deadline: float) -> WebAnswer:
    addresses = access.rule.addresses_of(place.host, place.port, request.url)
    own = _place(request.url, request.url)
    is_own = (place.host, place.port) == (own.host, own.port)
    headers = {**request.headers, **(request.own_headers if is_own else {}), "Accept-Encoding": "identity"}
    connection = PinnedConnection(place.host, place.port, addresses, access.context or _system_context())
    connection.set_deadline(deadline)
    try:
        connection.request(request.method, place.path, headers=headers)
        return WebAnswer(connection, connection.getresponse())
    except BaseException:
        connection.close()
        raise


def _with_content(answer: WebAnswer, url: str) -> WebAnswer:
    status, encoding = answer.response.status, answer.header("Content-Encoding") or "identity"
    has_content = status in {_WHOLE, PART}
    if has_content and encoding == "identity":
        return answer
    answer.close()
    if has_content:
        raise _refusal(url, f"expected the file as it is, but the host sends it encoded, as {encoding[:40]!r}")
    if status in _NOT_THERE:
        raise _refusal(url, "expected a file that can be read, but it is not there")
    if status in _NOT_ALLOWED:
        raise _refusal(url, "expected a file that can be read, but this node may not read it")
    if status in _TRY_LATER or status >= _FIRST_FAULT_OF_A_SERVER:
        raise http.client.HTTPException(f"the host answered {status}")
    raise _refusal(url, f"expected a file that can be read, but the host answered {status}")


def content_range_start(said: str) -> int | None:
    """Give the place of the first byte of a part, from its Content-Range; None where that says nothing."""
    found = re.fullmatch(r"bytes (\d{1,19})-\d{1,19}/(?:\d{1,19}|\*)", said)
    return int(found[1]) if found else None


@cache
def _system_context() -> ssl.SSLContext:
    return tls_context()


def _refusal(url: str, ending: str) -> BadData:
    return BadData(f"{url}: {ending}", field="dataset")
