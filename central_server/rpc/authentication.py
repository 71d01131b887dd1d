"""Who asks: what a request shows of its maker, and the one who tells from it. It knows no permission of any rpc."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from central_server.requests.caller import LOCAL_USER, Caller
from shared.permissions import Permission, Role

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
    certificate: CertificateIdentity | None = field(default=None)


class Authenticator(Protocol):
    """Tells from a request's evidence who made it."""

    async def caller(self, evidence: Evidence) -> Caller:
        """Return the caller.

        Raises:
            NotAuthenticated: the credentials are wrong, or missing where they are needed.
        """
        ...


class EverybodyIsLocal:
    """Takes every caller for the one local user, who may everything."""

    async def caller(self, evidence: Evidence) -> Caller:
        """Return the local user."""
        return Caller(LOCAL_USER, Role.ADMIN, also=frozenset({Permission.NODE_LINK}), peer=evidence.peer)
