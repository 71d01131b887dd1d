"""TLS for the node's HTTP: the certificate that its gRPC server shows, a renewed one from the next handshake on."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path

from shared.private_file import write_private

KeyAndCertificate = tuple[bytes, bytes]


def renewing_context(current: Callable[[], KeyAndCertificate]) -> ssl.SSLContext:
    """Return a context whose connections are shown what `current` gives when they begin."""
    shown = current()
    made = _context(shown)
    first = _context(shown)

    def choose(socket: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _context_of: ssl.SSLContext) -> None:
        nonlocal shown, made
        now = current()
        if now != shown:
            shown, made = now, _context(now)
        socket.context = made

    first.sni_callback = choose
    return first


def _context(pair: KeyAndCertificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    with tempfile.TemporaryDirectory(prefix="cyxwiz-") as folder:  # OpenSSL reads files only; this one is ours alone
        path = Path(folder) / "shown.pem"
        write_private(path, b"".join(pair))
        context.load_cert_chain(path)
    return context
