"""The folder that `cyxwiz tls init` makes: an authority, a server's certificate, and those of people.

`ca.pem` is for everybody; `ca.key` signs, and belongs to the central server alone. `server.key` stays when its
certificate is renewed, so that a renewal replaces one file at once. Every file appears whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from shared.errors import AlreadyExists, InvalidField, NotFound
from shared.private_ca import (
    CertificateFacts,
    KeyAndCertificate,
    facts_of,
    make_authority,
    make_client_certificate,
    make_server_certificate,
)
from shared.private_file import write_private, write_public
from shared.tls_identity import TlsIdentity

AUTHORITY_NAME = "CyxWiz private CA"
ALWAYS_NAMED = ("localhost", "127.0.0.1")


class TlsFolder:
    """One such folder, made or not yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.authority_certificate = path / "ca.pem"
        self.authority_key = path / "ca.key"
        self.server_certificate = path / "server.pem"
        self.server_key = path / "server.key"
        self.clients = path / "clients"

    def create(self, hosts: Sequence[str], *, now_ms: int) -> None:
        """Make an authority, and a certificate for a server with these names and this machine's own.

        Raises:
            AlreadyExists: there is an authority.
            InvalidField: a name can be none.
        """
        if self.authority_key.exists() or self.authority_certificate.exists():
            raise AlreadyExists(
                f"{self.path} has a certificate authority already: cyxwiz tls renew renews the server's certificate, "
                "and another --dir begins anew"
            )
        authority = make_authority(AUTHORITY_NAME, now_ms=now_ms)
        server = make_server_certificate(authority, tuple(dict.fromkeys([*hosts, *ALWAYS_NAMED])), now_ms=now_ms)
        write_private(self.server_key, server.key)
        write_public(self.server_certificate, server.certificate)
        write_private(self.authority_key, authority.key)
        write_public(self.authority_certificate, authority.certificate)

    def authority(self) -> KeyAndCertificate:
        """Return what signs.

        Raises:
            NotFound: it is not here.
        """
        return KeyAndCertificate(_read(self.authority_key), _read(self.authority_certificate))

    def renew_server(self, hosts: Sequence[str] = (), *, now_ms: int) -> CertificateFacts:
        """Give the server's key a new certificate, for the old one's names or for others.

        Raises:
            NotFound: there is none to renew, or the authority's key is not here.
            InvalidField: a name can be none.
        """
        names = (*hosts, *ALWAYS_NAMED) if hosts else facts_of(_read(self.server_certificate)).names
        made = make_server_certificate(
            self.authority(), tuple(dict.fromkeys(names)), now_ms=now_ms, key=_read(self.server_key)
        )
        write_public(self.server_certificate, made.certificate)
        return facts_of(made.certificate)

    def add_client(self, identity: TlsIdentity, *, now_ms: int, days: float) -> tuple[Path, Path]:
        """Make a certificate for a person; return where it and its key are.

        Raises:
            NotFound: the authority's key is not here.
            AlreadyExists: this name has a certificate that is valid.
        """
        certificate, key = self.clients / f"{identity.name}.pem", self.clients / f"{identity.name}.key"
        if certificate.exists() and facts_of(certificate.read_bytes()).not_after_ms > now_ms:
            raise AlreadyExists(
                f"{certificate} is still valid; revoke it with cyxwiz tls revoke, take it away, and ask again"
            )
        made = make_client_certificate(self.authority(), identity, now_ms=now_ms, days=days)
        write_private(key, made.key)
        write_public(certificate, made.certificate)
        return certificate, key

    def certificates(self) -> Iterator[tuple[Path, CertificateFacts]]:
        """Give every certificate in the folder.

        Raises:
            NotFound: there is no authority.
        """
        yield self.authority_certificate, facts_of(_read(self.authority_certificate))
        for path in (self.server_certificate, *sorted(self.clients.glob("*.pem"))):
            if path.exists():
                yield path, facts_of(path.read_bytes())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no {path}: cyxwiz tls init --dir {path.parent} makes one") from None
    except OSError as refusal:
        raise InvalidField(f"{path} cannot be read: {refusal.strerror}") from None
