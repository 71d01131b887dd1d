"""How this node reaches its servers: in the clear, with TLS, or with a certificate of its own that stays fresh.

It is chosen once, before the node starts; a renewed certificate changes what later dials show.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import grpc
import grpc.aio

from server_node.connection.dialing import dial
from server_node.connection.enrolling import Renewal, enrolled, kept_certificate
from server_node.connection.node_certificate import CertificateFolder, NodeCertificate
from shared.clock import Clock
from shared.errors import InvalidField
from shared.tls_failures import certificate_failure, closed_while_connecting


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a certificate is that another authority makes, and renews in place."""

    certificate: Path
    key: Path

    def read(self) -> tuple[bytes, bytes]:
        """Return key and certificate as they are now.

        Raises:
            InvalidField: they cannot be read.
        """
        try:
            return self.key.expanduser().read_bytes(), self.certificate.expanduser().read_bytes()
        except OSError as refusal:
            raise InvalidField(f"cert and key cannot be read: {refusal}", field="cert") from None


class SecureLink:
    """Where to dial, and with what.

    Attributes:
        addresses: of the servers, in order.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        authority: bytes | None = None,
        certificate: NodeCertificate | None = None,
        folder: CertificateFolder | None = None,
        shown: CertificateFiles | None = None,
    ) -> None:
        self._authority = authority
        self._certificate = certificate
        self._folder = folder
        self._shown = shown
        self._last_read = shown.read() if shown is not None else (b"", b"")
        self._speaks_tls = certificate is not None or authority is not None
        port = certificate.mutual_tls_port if certificate else 0
        self.addresses = tuple(f"{each.rpartition(':')[0]}:{port}" if port else each for each in addresses)

    def dial(self, address: str) -> grpc.aio.Channel:
        """Return a channel; nothing is connected until the first call."""
        if self._certificate is not None:
            own = self._certificate
            return dial(address, grpc.ssl_channel_credentials(own.authority, own.key, own.certificate))
        if self._shown is not None:
            with suppress(InvalidField):  # while they are being replaced, those before still count
                self._last_read = self._shown.read()
            key, certificate = self._last_read
            return dial(address, grpc.ssl_channel_credentials(self._authority, key, certificate))
        return dial(address, grpc.ssl_channel_credentials(self._authority) if self._authority else None)

    def explain(self, why: str, address: str) -> str:
        """Return in a sentence why a link ended, where it is a matter of certificates; else what was said."""
        return (
            certificate_failure(why, address)
            or closed_while_connecting(why, address, speaks_tls=self._speaks_tls)
            or why
        )

    def own_credentials(self) -> grpc.ServerCredentials | None:
        """Return what this node's own server shows, a renewed certificate included; None where it has none."""
        if self._certificate is None:
            return None
        first = self._certificate
        return grpc.dynamic_ssl_server_credentials(_shown(first), lambda: _shown(self._certificate or first))

    def own_certificate(self) -> tuple[bytes, bytes] | None:
        """Return key and certificate as they are now, PEM; None where the node has none."""
        return (self._certificate.key, self._certificate.certificate) if self._certificate else None

    def renewal(
        self, *, channel: Callable[[], Awaitable[grpc.aio.Channel]], redial: Callable[[str], None], clock: Clock
    ) -> Renewal | None:
        """Return what keeps the certificate fresh; None where there is none."""
        if self._certificate is None or self._folder is None:
            return None

        def taken(certificate: NodeCertificate) -> None:
            self._certificate = certificate
            redial("this node has a new certificate")

        return Renewal(self._folder, self._certificate, channel=channel, taken=taken, clock=clock)


async def open_link(
    state_dir: Path,
    node_id: str,
    servers: Sequence[str],
    *,
    ca: Path | None,
    shown: CertificateFiles | None = None,
    join_token_file: Path | None,
    uniform: Callable[[], float],
    clock: Clock,
) -> SecureLink:
    """Return the way to the servers, enrolling the node first where it has a join token that was not used yet.

    Raises:
        InvalidField: a file cannot be read.
        MachineFailure: the node is refused, or its certificate has expired.
    """
    if shown is not None and ca is not None:
        return SecureLink(servers, authority=_authority_in(ca), shown=shown)
    folder = CertificateFolder(state_dir, node_id)
    if join_token_file is None:
        kept = kept_certificate(folder, clock)
        authority = _authority_in(ca) if ca is not None else None
        return SecureLink(servers, authority=authority, certificate=kept, folder=folder)
    if ca is None:
        raise InvalidField("join_token_file needs ca: whom to give the token to; name the authority with --ca FILE")
    certificate = await enrolled(
        folder,
        node_id,
        servers,
        authority=_authority_in(ca),
        join_token_file=join_token_file,
        uniform=uniform,
        clock=clock,
    )
    return SecureLink(servers, certificate=certificate, folder=folder)


def _shown(certificate: NodeCertificate) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(certificate.key, certificate.certificate)])


def _authority_in(path: Path) -> bytes:
    try:
        pem = path.expanduser().read_bytes()
    except OSError as refusal:
        raise InvalidField(f"ca {path} cannot be read: {refusal.strerror}", field="ca") from None
    if b"-----BEGIN CERTIFICATE-----" not in pem:
        raise InvalidField(f"ca {path} must be a PEM file with a certificate, and has none", field="ca")
    return pem
