"""Certificates for tests: folders as `cyxwiz tls init` makes them, and clients that use them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shared.clock import SystemClock
from shared.private_ca import KeyAndCertificate, make_client_certificate, make_server_certificate
from shared.private_file import write_private, write_public
from shared.tls_folder import TlsFolder
from shared.tls_identity import TlsIdentity, user_identity

DAY_MS = 24 * 3600 * 1000


def now_ms() -> int:
    return SystemClock().unix_ms()


def a_tls_folder(path: Path, *hosts: str) -> TlsFolder:
    folder = TlsFolder(path)
    folder.create(hosts, now_ms=now_ms())
    return folder


def with_server_certificate(folder: TlsFolder, *names: str, made_days_ago: float = 0.0, days: float = 90.0) -> None:
    """Give the server of a folder another certificate."""
    made_ms = now_ms() - int(made_days_ago * DAY_MS)
    made = make_server_certificate(
        folder.authority(), names, now_ms=made_ms, days=days, key=folder.server_key.read_bytes()
    )
    write_public(folder.server_certificate, made.certificate)


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate as a client shows it."""

    certificate: Path
    key: Path
    pair: KeyAndCertificate

    @property
    def files(self) -> tuple[Path, Path]:
        return self.certificate, self.key


def a_shown_certificate(
    folder: TlsFolder, at: Path, identity: TlsIdentity | None = None, *, made_days_ago: float = 0.0, days: float = 30.0
) -> Shown:
    made_ms = now_ms() - int(made_days_ago * DAY_MS)
    pair = make_client_certificate(
        folder.authority(), identity or user_identity("ann", "admin"), now_ms=made_ms, days=days
    )
    write_private(at.with_suffix(".key"), pair.key)
    write_public(at.with_suffix(".pem"), pair.certificate)
    return Shown(at.with_suffix(".pem"), at.with_suffix(".key"), pair)
