"""Who asks over gRPC: what a request shows of its maker, and the one who tells from it. It knows no rpc."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from central_server.identity.credentials import Credentials
from central_server.identity.peers import host_of_peer
from central_server.requests.caller import Caller
from shared.errors import NotAuthenticated

AUTHORIZATION = "authorization"

Metadata = Sequence[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class CertificateIdentity:
    """A certificate that the transport has verified.

    Attributes:
        pem: the certificate.
    """

    pem: bytes

    @classmethod
    def from_auth_context(cls, auth_context: Mapping[str, Iterable[bytes]]) -> Self | None:
        """Return the certificate of a verified peer; None when it showed none."""
        pem = next(iter(auth_context.get("x509_pem_cert", ())), b"")
        return cls(pem) if pem else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a request shows of its maker.

    Attributes:
        metadata: as it was sent.
        peer: where from, as gRPC writes it.
        certificate: of the peer, verified; None without one.
    """

    metadata: Metadata = ()
    peer: str = ""
    certificate: CertificateIdentity | None = None

    @property
    def host(self) -> str:
        """The address it came from."""
        return host_of_peer(self.peer)

    def values(self, name: str) -> list[str]:
        """Return what was sent under a name."""
        return [value for key, value in self.metadata if key == name and isinstance(value, str)]


class Authenticator(Protocol):
    """Tells from a request's evidence who made it."""

    async def caller(self, evidence: Evidence) -> Caller:
        """Return the caller.

        Raises:
            NotAuthenticated: the credentials are wrong, or missing where they are needed.
            TooManyRequests: they ask, or guess, too fast.
        """
        ...


class ShownCredentials:
    """Goes by the token, else by where the request comes from."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def caller(self, evidence: Evidence) -> Caller:
        """Return the caller."""
        authorizations = evidence.values(AUTHORIZATION)
        if len(authorizations) > 1:
            raise NotAuthenticated(f"authorization must be sent once, and came {len(authorizations)} times")
        if authorizations:
            return await self._credentials.with_authorization(authorizations[0], evidence.host)
        return self._credentials.without_any(evidence.host)
