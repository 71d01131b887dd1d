"""Whom a certificate speaks for, as the URI in it: `cyxwiz://node/ID` or `cyxwiz://user/NAME?role=ROLE`.

It only converts; what a role may is another file's matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from shared.errors import InvalidField
from shared.identifiers import check_identifier

_SCHEME = "cyxwiz"
_NODE_DOMAIN = ".node.cyxwiz.internal"
"""`internal` is a domain that no name server will ever know."""


class IdentityKind(StrEnum):
    """What can have a certificate of its own."""

    NODE = "node"
    USER = "user"


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """Whom a certificate was made for.

    Attributes:
        kind: a node or a person.
        name: the node's id, or the person's name.
        role: of a person; a node has none but its own.
    """

    kind: IdentityKind
    name: str
    role: str = ""

    @property
    def uri(self) -> str:
        """How it stands in a certificate."""
        return f"{_SCHEME}://{self.kind}/{self.name}" + (f"?role={self.role}" if self.role else "")


def node_identity(node_id: str) -> TlsIdentity:
    """Return the identity of a node.

    Raises:
        InvalidField: the id can be none.
    """
    return TlsIdentity(IdentityKind.NODE, check_identifier(node_id, field="node_id"))


def node_server_name(node_id: str) -> str:
    """Return the name that a node's own server is checked under: whoever dials it overrides the host's name with it."""
    return f"{node_id}{_NODE_DOMAIN}"


def user_identity(name: str, role: str) -> TlsIdentity:
    """Return the identity of a person.

    Raises:
        InvalidField: the name or the role can be none.
    """
    return TlsIdentity(
        IdentityKind.USER, check_identifier(name, field="name"), role=check_identifier(role, field="role")
    )


def identity_from_uri(uri: str) -> TlsIdentity | None:
    """Return whom a URI names; None when it is not one of ours."""
    parts = urlsplit(uri)
    name = parts.path.removeprefix("/")
    if parts.scheme != _SCHEME or not name:
        return None
    try:
        if parts.netloc == IdentityKind.NODE and not parts.query:
            return node_identity(name)
        if parts.netloc == IdentityKind.USER:
            return user_identity(name, parse_qs(parts.query).get("role", [""])[0])
    except InvalidField:
        return None
    return None
