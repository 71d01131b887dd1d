"""Lets nodes in: makes join tokens, signs nodes' certificates, takes them away. Who may ask is decided before."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, replace
from typing import Protocol

from central_server.issued_certificates import IssuedCertificate, IssuedCertificates
from central_server.requests.caller import Caller
from shared.clock import Clock
from shared.errors import AlreadyExists, InvalidField, NotAuthenticated, NotFound, NotPermitted, NotSupported
from shared.join_tokens import JoinToken, digest_of, find_beside_authority, new_join_token
from shared.private_ca import KeyAndCertificate, facts_of, sign_request
from shared.tls_folder import TlsFolder
from shared.tls_identity import node_identity

DEFAULT_SECONDS = 3600
LONGEST_REQUEST_BYTES = 10_000
REVOKED_CODE = "revoked"

_SERIAL = re.compile(r"[0-9a-f]{1,40}")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a node gets.

    Attributes:
        certificate: PEM.
        authority: of the one who signed it, PEM.
        mutual_tls_port: where it is to be shown.
    """

    certificate: bytes
    authority: bytes
    mutual_tls_port: int
    not_after_ms: int


class NodeStreams(Protocol):
    """The open control streams of nodes."""

    def close_node(self, node_id: str, code: str, message: str) -> None:
        """End the streams of one node with a Goodbye."""
        ...

    def close_certificate(self, serial: str, code: str, message: str) -> None:
        """End the streams that began with this certificate."""
        ...


class Enrolment:
    """Belongs to the event loop.

    Args:
        folder: whose authority signs; None where there is none.
        streams: of nodes, which end with their certificates.
    """

    def __init__(
        self,
        issued: IssuedCertificates,
        folder: TlsFolder | None,
        clock: Clock,
        *,
        streams: NodeStreams,
    ) -> None:
        self._issued = issued
        self._folder = folder
        self._clock = clock
        self._streams = streams
        self._one_at_a_time = asyncio.Lock()
        self.mutual_tls_port = 0

    async def create_join_token(self, caller: Caller, *, name: str, expires_in_seconds: int) -> tuple[str, JoinToken]:
        """Return a new join token, which is shown once, and what is kept of it."""
        await self._authority()
        now_ms = self._clock.unix_ms()
        text, kept = new_join_token(
            name=name, made_by=caller.user_id, seconds=expires_in_seconds or DEFAULT_SECONDS, now_ms=now_ms
        )
        await self._issued.add_join_token(kept, now_ms=now_ms)
        return text, kept

    async def enrol(self, join_token: str, node_id: str, request: bytes) -> Enrolled:
        """Certify a node's key for a join token; the same once more when the answer was lost.

        Raises:
            NotAuthenticated: the token is unknown, expired, or was used by another.
            AlreadyExists: a node of this id has a certificate that counts.
            InvalidField: the id or the request can be none.
            NotSupported: this server signs nothing.
        """
        identity = node_identity(node_id)
        async with self._one_at_a_time:  # or two nodes that come together would both find the token unused
            request_sha256 = digest_of(request)
            token = await self._checked_token(join_token, node_id, request_sha256)
            if not token.used_by and await self._issued.valid_certificates(node_id, now_ms=self._clock.unix_ms()):
                raise AlreadyExists(
                    f"node {node_id} is enrolled already; revoke what it had with: cyxwiz node revoke {node_id}",
                    field="node_id",
                )
            used = replace(token, used_by=identity.name, request_sha256=request_sha256)
            return await self._certify(identity.name, request, used)

    async def renew(self, caller: Caller, request: bytes) -> Enrolled:
        """Certify a key of a node that shows its certificate.

        Raises:
            NotPermitted: the caller shows no node's certificate.
            InvalidField: the request can be none.
            NotSupported: this server signs nothing.
        """
        if not caller.node_id:
            raise NotPermitted("a node renews its own certificate, with the one that it has: this caller showed none")
        return await self._certify(caller.node_id, request, None)

    async def revoke_node(self, caller: Caller, node_id: str) -> list[str]:
        """Take its certificates from a node, close its streams, and return the serial numbers.

        Raises:
            NotFound: it has none that counts.
            InvalidField: the id can be none.
        """
        name, now_ms = node_identity(node_id).name, self._clock.unix_ms()
        async with self._one_at_a_time:
            serials = [each.serial for each in await self._issued.valid_certificates(name, now_ms=now_ms)]
            if not serials:
                raise NotFound(f"node {node_id} has no certificate that counts: it was not enrolled, or is revoked")
            await self._issued.revoke(serials, by=caller.user_id, now_ms=now_ms)
        self._streams.close_node(node_id, REVOKED_CODE, f"the certificate of {node_id} was revoked")
        return serials

    async def revoke_certificate(self, caller: Caller, serial: str) -> list[str]:
        """Let one certificate count no more.

        Raises:
            InvalidField: it can be no serial number.
        """
        plain = serial.lower().replace(":", "").lstrip("0")
        if not _SERIAL.fullmatch(plain):
            raise InvalidField(f"serial must be up to 40 hexadecimal digits, got {serial[:80]!r}", field="serial")
        await self._issued.revoke([plain], by=caller.user_id, now_ms=self._clock.unix_ms())
        self._streams.close_certificate(plain, REVOKED_CODE, f"the certificate {plain} was revoked")
        return [plain]

    async def _checked_token(self, join_token: str, node_id: str, request_sha256: str) -> JoinToken:
        token = await self._find_join_token(digest_of(join_token))
        if token is None:
            raise NotAuthenticated("the join token is unknown; make one with: cyxwiz token join", field="join_token")
        if token.used_by and (token.used_by, token.request_sha256) != (node_id, request_sha256):
            raise NotAuthenticated(
                f"the join token was used by {token.used_by}, and counts once; make another with: cyxwiz token join",
                field="join_token",
            )
        if token.expires_at_ms <= self._clock.unix_ms():
            raise NotAuthenticated("the join token has expired; make another with: cyxwiz token join")
        return token

    async def _find_join_token(self, sha256: str) -> JoinToken | None:
        """Return what is known of a token; that it was used is known by the store, wherever it was made."""
        if kept := await self._issued.find_join_token(sha256):
            return kept
        if self._folder is None:
            return None
        return await asyncio.to_thread(find_beside_authority, self._folder.path, sha256)

    async def _certify(self, node_id: str, request: bytes, used: JoinToken | None) -> Enrolled:
        if len(request) > LONGEST_REQUEST_BYTES:
            raise InvalidField(
                f"certificate_request must have at most {LONGEST_REQUEST_BYTES} bytes, got {len(request)}"
            )
        authority, now_ms = await self._authority(), self._clock.unix_ms()
        certificate = sign_request(authority, request, node_identity(node_id), now_ms=now_ms)
        facts = facts_of(certificate)
        issued = IssuedCertificate(node_id, facts.serial, facts.not_after_ms)
        await self._issued.add_certificate(issued, now_ms=now_ms, used=used)
        return Enrolled(certificate, authority.certificate, self.mutual_tls_port, facts.not_after_ms)

    async def _authority(self) -> KeyAndCertificate:
        if self._folder is None or not self.mutual_tls_port:
            raise NotSupported(
                "this server enrols no nodes: start it with --tls-dir (cyxwiz tls init makes one) "
                "and --mutual-tls-listen HOST:PORT"
            )
        return await asyncio.to_thread(self._folder.authority)
