"""The certificate that gRPC and HTTP show: read from files, and read again when they change, without a restart.

Connections that are open go on under the old one. Files that do not fit each other are never taken: the server keeps
what it has, and says so. Where the authority's key lies beside it, the certificate is renewed here in time.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc

from central_server.structured_logging import log_event
from shared.clock import Clock
from shared.errors import CyxWizError, InvalidField
from shared.private_ca import CertificateFacts, KeyAndCertificate, facts_of, key_fits
from shared.tls_folder import TlsFolder

WATCH_SECONDS = 1.0
_logger = logging.getLogger(__name__)

_State = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where everything is.

    Attributes:
        authority: whom client certificates are from; None takes none.
        folder: one that `cyxwiz tls init` made; None for certificates from elsewhere.
    """

    certificate: Path
    key: Path
    authority: Path | None
    folder: TlsFolder | None

    @classmethod
    def in_folder(cls, path: Path) -> TlsFiles:
        """Return what `cyxwiz tls init` makes."""
        folder = TlsFolder(path)
        return cls(folder.server_certificate, folder.server_key, folder.authority_certificate, folder)


class ServerCertificate:
    """The newest certificate that could be read.

    Attributes:
        http: the context of HTTP's sockets; it shows the newest certificate to whoever connects from now on.
    """

    def __init__(self, files: TlsFiles, clock: Clock) -> None:
        """Read the files.

        Raises:
            InvalidField: they cannot be read, do not fit each other, or the certificate has expired.
        """
        self._files = files
        self._clock = clock
        self._renew_if_due()
        self._state = self._files_state()
        self._shown, self.facts = self._read()
        if self.facts.not_after_ms <= clock.unix_ms():
            raise InvalidField(
                f"{files.certificate} has expired on {_day(self.facts.not_after_ms)}: renew it with cyxwiz tls renew",
                field="tls_cert",
            )
        self._warned_of = ""
        self._authority = _bytes(files.authority, "tls_ca") if files.authority else None
        self.http = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.http.minimum_version = ssl.TLSVersion.TLSv1_2
        self.http.load_cert_chain(files.certificate, files.key)

    @property
    def folder(self) -> TlsFolder | None:
        """The folder that `cyxwiz tls init` made, if this is from one."""
        return self._files.folder

    def for_grpc(self, *, asks_for_certificate: bool) -> grpc.ServerCredentials:
        """Return the credentials of one gRPC port; it refuses clients without a certificate if it asks for one.

        Raises:
            InvalidField: it is to ask, and no authority is known.
        """
        if asks_for_certificate and self._authority is None:
            raise InvalidField("mutual_tls_listen needs tls_ca: whose client certificates are taken", field="tls_ca")
        authority = self._authority if asks_for_certificate else None
        taken = self._shown

        def newest() -> grpc.ServerCertificateConfiguration | None:
            nonlocal taken
            if taken is self._shown:
                return None
            taken = self._shown
            return _configuration(taken, authority)

        return grpc.dynamic_ssl_server_credentials(
            _configuration(taken, authority),
            newest,  # type: ignore[arg-type]  # None is "as it was", which the stubs of the library do not know
            asks_for_certificate,
        )

    async def watch(self) -> None:
        """Take what changes, until cancelled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            await asyncio.to_thread(self._renew_if_due)
            self._warn_if_due()
            if (state := self._files_state()) != self._state:
                self._state = state
                self._take_new()

    def _take_new(self) -> None:
        try:
            shown, facts = self._read()
            self.http.load_cert_chain(self._files.certificate, self._files.key)
        except (CyxWizError, OSError) as wrong:
            log_event(_logger, "certificate_not_taken", is_warning=True, why=str(wrong))
            return
        self._shown, self.facts = shown, facts
        log_event(_logger, "certificate_taken", serial=facts.serial, valid_until=_day(facts.not_after_ms))

    def _renew_if_due(self) -> None:
        folder, now_ms = self._files.folder, self._clock.unix_ms()
        if folder is None or not folder.authority_key.exists() or not folder.server_certificate.exists():
            return
        if facts_of(folder.server_certificate.read_bytes()).is_due(now_ms):
            try:
                folder.renew_server(now_ms=now_ms)
            except CyxWizError as refusal:
                log_event(_logger, "certificate_not_renewed", is_warning=True, why=str(refusal))

    def _warn_if_due(self) -> None:
        """Say once of a certificate that nobody has renewed in time."""
        if self.facts.serial != self._warned_of and self.facts.is_due(self._clock.unix_ms()):
            self._warned_of = self.facts.serial
            log_event(_logger, "certificate_expires_soon", is_warning=True, valid_until=_day(self.facts.not_after_ms))

    def _read(self) -> tuple[KeyAndCertificate, CertificateFacts]:
        files = self._files
        shown = KeyAndCertificate(_bytes(files.key, "tls_key"), _bytes(files.certificate, "tls_cert"))
        facts = facts_of(shown.certificate)
        if not key_fits(shown):
            raise InvalidField(f"{files.key} is not the key of {files.certificate}", field="tls_key")
        return shown, facts

    def _files_state(self) -> _State:
        return tuple(_file_state(path) for path in (self._files.certificate, self._files.key))


def _configuration(shown: KeyAndCertificate, authority: bytes | None) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(shown.key, shown.certificate)], root_certificates=authority)


def _bytes(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as refusal:
        raise InvalidField(
            f"{path} cannot be read ({refusal.strerror}); cyxwiz tls init --dir {path.parent} makes certificates",
            field=field,
        ) from None


def _file_state(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns


def _day(unix_ms: int) -> str:
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
