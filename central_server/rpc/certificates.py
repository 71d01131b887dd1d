"""Who asks, by the certificate that they showed; whoever showed none is somebody else's matter.

The transport has verified the certificate when the connection began. What may have changed since is looked at with
each rpc: whether it has expired or was revoked.
"""

from __future__ import annotations

from functools import lru_cache

from central_server.issued_certificates import IssuedCertificates
from central_server.requests.caller import Caller
from central_server.rpc.authentication import Authenticator, Evidence
from shared.clock import Clock
from shared.errors import InvalidField, NotAuthenticated
from shared.permissions import Role
from shared.private_ca import CertificateFacts, facts_of
from shared.tls_identity import IdentityKind

_AUTHORIZATION = "authorization"


class CertificateAuthenticator:
    """An `Authenticator` that asks another one about those without a certificate, and about tokens."""

    def __init__(self, others: Authenticator, issued: IssuedCertificates, clock: Clock) -> None:
        self._others = others
        self._issued = issued
        self._clock = clock

    async def caller(self, evidence: Evidence) -> Caller:
        """Return the caller; of a certificate and a token both must count, and the token says who it is.

        Raises:
            NotAuthenticated: the credentials are wrong, or missing where they are needed.
        """
        if evidence.certificate is None:
            return await self._others.caller(evidence)
        facts = self._checked(evidence.certificate.pem)
        if any(key == _AUTHORIZATION for key, _ in evidence.metadata):
            return await self._others.caller(evidence)
        return _caller(facts, evidence.peer)

    def _checked(self, pem: bytes) -> CertificateFacts:
        facts = _facts(pem)
        if self._issued.is_revoked(facts.serial):
            raise NotAuthenticated(f"the certificate {facts.serial} was revoked; ask an operator for another")
        if facts.not_after_ms <= self._clock.unix_ms():
            raise NotAuthenticated(f"the certificate {facts.serial} has expired; renew it")
        return facts


def _caller(facts: CertificateFacts, peer: str) -> Caller:
    identity = facts.identity
    if identity is None:
        raise NotAuthenticated("the certificate names neither a node nor a user: cyxwiz tls client makes one that does")
    if identity.kind is IdentityKind.NODE:
        return Caller(identity.name, Role.NODE, node_id=identity.name, certificate_serial=facts.serial, peer=peer)
    if identity.role not in {role.value for role in Role if role is not Role.NODE}:
        raise NotAuthenticated(f"the certificate gives {identity.name} a role that there is none of: {identity.role}")
    return Caller(identity.name, Role(identity.role), certificate_serial=facts.serial, peer=peer)


@lru_cache(maxsize=10_000)
def _facts(pem: bytes) -> CertificateFacts:
    try:
        return facts_of(pem)
    except InvalidField:
        raise NotAuthenticated("the certificate cannot be read") from None
