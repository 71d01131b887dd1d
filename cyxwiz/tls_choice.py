"""Whether a client speaks TLS, whom it believes, and what it shows: from arguments, else from the environment.

It reads the files that are named and opens no connection.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from shared.errors import InvalidField

CA_VARIABLE = "CYXWIZ_CA"
CERTIFICATE_VARIABLE = "CYXWIZ_CERT"
KEY_VARIABLE = "CYXWIZ_KEY"
SYSTEM_AUTHORITIES = "system"
"""In place of a file: whoever the machine believes, for a server with a public certificate."""

CertificateFiles = Path | str | tuple[Path | str, Path | str]
"""One PEM file with certificate and key, or the two files."""


@dataclass(frozen=True, slots=True)
class TlsChoice:
    """What a connection with TLS needs.

    Attributes:
        authority: PEM; None for those that the machine believes.
        certificate: PEM, with those that vouch for it; None to show none.
        key: of the certificate, PEM.
    """

    authority: bytes | None
    certificate: bytes | None = None
    key: bytes | None = None

    def __repr__(self) -> str:
        """Keep the key to itself."""
        return f"TlsChoice(shows_certificate={self.certificate is not None})"


def resolve_tls(ca: Path | str | None, certificate: CertificateFiles | None) -> TlsChoice | None:
    """Return how to speak TLS, None for not at all.

    Args:
        ca: a PEM file, or `system`; None takes `CYXWIZ_CA`, and an empty text is no TLS whatever that says.
        certificate: what to show; None takes `CYXWIZ_CERT` and `CYXWIZ_KEY`.

    Raises:
        InvalidField: a file cannot be read or is not PEM, or there is a certificate and no authority.
    """
    if ca == "":
        return None
    authority = str(ca) if ca is not None else os.environ.get(CA_VARIABLE, "")
    shown = certificate if certificate is not None else _certificate_by_environment()
    if not authority:
        if shown is None:
            return None
        raise InvalidField("a certificate is shown over TLS alone: name the server's authority with --ca FILE")
    believed = None if authority == SYSTEM_AUTHORITIES else _pem(Path(authority), "ca", "CERTIFICATE")
    if shown is None:
        return TlsChoice(believed)
    certificate_file, key_file = shown if isinstance(shown, tuple) else (shown, shown)
    return TlsChoice(
        believed, _pem(Path(certificate_file), "cert", "CERTIFICATE"), _pem(Path(key_file), "key", "PRIVATE KEY")
    )


def _certificate_by_environment() -> CertificateFiles | None:
    certificate = os.environ.get(CERTIFICATE_VARIABLE)
    return (certificate, os.environ.get(KEY_VARIABLE) or certificate) if certificate else None


def _pem(path: Path, field: str, kind: str) -> bytes:
    try:
        content = path.expanduser().read_bytes()
    except OSError as refusal:
        raise InvalidField(f"{field} {path} cannot be read: {refusal.strerror}", field=field) from None
    if b"-----BEGIN " not in content or f"{kind}-----".encode() not in content:
        raise InvalidField(f"{field} {path} must be a PEM file with a {kind.lower()}, and has none", field=field)
    return content
