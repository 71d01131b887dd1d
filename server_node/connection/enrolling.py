"""How a node gets its certificate for a join token, and renews it in time. It keeps no file itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import grpc
import grpc.aio

from server_node.connection.dialing import dial
from server_node.connection.failures import why_it_broke
from server_node.connection.node_certificate import CertificateFolder, NodeCertificate
from shared.backoff import Backoff
from shared.clock import Clock
from shared.errors import InvalidField, MachineFailure
from shared.join_tokens import digest_of
from shared.log_lines import log_event
from shared.pb import enrolment_pb2, enrolment_pb2_grpc
from shared.tls_failures import certificate_failure, closed_while_connecting

LOOK_SECONDS = 600.0
"""How often it is looked whether the certificate is due; a third of its life is left then."""
_CALL_SECONDS = 20.0
_LOG = logging.getLogger(__name__)

# Waiting mends these; whatever else a server answers is its word.
_PASSING = frozenset(
    {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED}
)


class _EnrolledAlready(MachineFailure):
    """The server knows a valid certificate of a node with this id."""


async def enrolled(
    folder: CertificateFolder,
    node_id: str,
    servers: Sequence[str],
    *,
    authority: bytes,
    join_token_file: Path,
    uniform: Callable[[], float],
    clock: Clock,
) -> NodeCertificate:
    """Return the node's certificate: the one that is kept, or a new one for a token that was not used for it yet.

    Goes on asking while no server answers.

    Raises:
        InvalidField: the token cannot be read.
        MachineFailure: a server refuses the token, or what is kept is damaged.
    """
    kept = folder.load()
    token = _token_in(join_token_file, is_needed=kept is None)
    if kept is not None and (not token or kept.token_sha256 == digest_of(token)):
        return _still_valid(kept, clock)
    try:
        certificate = await _asked_until_answered(folder, node_id, servers, authority, token, uniform)
    except _EnrolledAlready:
        if kept is None:
            raise
        # Whoever hands out tokens gave one more than was needed; from now on it is known.
        certificate = replace(_still_valid(kept, clock), token_sha256=digest_of(token))
        folder.save(certificate)
        return certificate
    log_event(_LOG, "node_enrolled", serial=certificate.facts.serial)
    return certificate


class Renewal:
    """Renews the certificate through the node's own connection, and has that made anew with it.

    Attributes:
        certificate: the newest one.
    """

    def __init__(
        self,
        folder: CertificateFolder,
        certificate: NodeCertificate,
        *,
        channel: Callable[[], Awaitable[grpc.aio.Channel]],
        taken: Callable[[NodeCertificate], None],
        clock: Clock,
    ) -> None:
        self._folder = folder
        self.certificate = certificate
        self._channel = channel
        self._taken = taken
        self._clock = clock

    async def run(self) -> None:
        """Renew whenever it is due, until cancelled."""
        while True:
            await self.renew_if_due()
            await asyncio.sleep(LOOK_SECONDS)

    async def renew_if_due(self) -> None:
        """Renew a certificate of whose life less than a third is left; a failure is logged, and tried again later."""
        if not self.certificate.facts.is_due(self._clock.unix_ms()):
            return
        key, request = self._folder.request()
        stub = enrolment_pb2_grpc.EnrolmentServiceStub(await self._channel())
        asked = enrolment_pb2.RenewCertificateRequest(certificate_request=request)
        try:
            answer = await stub.RenewCertificate(asked, timeout=_CALL_SECONDS)
        except grpc.aio.AioRpcError as failure:
            log_event(_LOG, "certificate_not_renewed", is_warning=True, why=why_it_broke(failure))
            return
        self.certificate = _certificate_in(answer, key, self.certificate.token_sha256)
        self._folder.save(self.certificate)
        log_event(_LOG, "certificate_renewed", serial=self.certificate.facts.serial)
        self._taken(self.certificate)


def _still_valid(kept: NodeCertificate, clock: Clock) -> NodeCertificate:
    if kept.facts.not_after_ms <= clock.unix_ms():
        raise MachineFailure(
            "this node's certificate has expired, it was away too long: "
            "make a join token with cyxwiz token join and give it with --join-token-file"
        )
    return kept


def kept_certificate(folder: CertificateFolder, clock: Clock) -> NodeCertificate | None:
    """Return the certificate of a node that was enrolled before.

    Raises:
        MachineFailure: it has expired, or is damaged.
    """
    kept = folder.load()
    return _still_valid(kept, clock) if kept is not None else None


async def _asked_until_answered(
    folder: CertificateFolder,
    node_id: str,
    servers: Sequence[str],
    authority: bytes,
    token: str,
    uniform: Callable[[], float],
) -> NodeCertificate:
    backoff, failures = Backoff(), 0
    while True:
        address = servers[failures % len(servers)]
        key, request = folder.request()
        asked = enrolment_pb2.EnrolRequest(join_token=token, node_id=node_id, certificate_request=request)
        try:
            async with dial(address, grpc.ssl_channel_credentials(authority)) as channel:
                answer = await enrolment_pb2_grpc.EnrolmentServiceStub(channel).Enrol(asked, timeout=_CALL_SECONDS)
        except grpc.aio.AioRpcError as failure:
            if failure.code() not in _PASSING:
                folder.forget_request()
                said = failure.details() or failure.code().name
                kind = _EnrolledAlready if failure.code() is grpc.StatusCode.ALREADY_EXISTS else MachineFailure
                raise kind(f"the central server at {address} does not enrol this node: {said}") from None
            failures += 1
            log_event(_LOG, "enrolment_failed", is_warning=True, server=address, why=_why(failure, address))
            await asyncio.sleep(backoff.wait_seconds(failures, uniform()))
            continue
        certificate = _certificate_in(answer, key, digest_of(token))
        folder.save(certificate)
        return certificate


def _certificate_in(answer: enrolment_pb2.EnrolResponse, key: bytes, token_sha256: str) -> NodeCertificate:
    return NodeCertificate(key, answer.certificate, answer.authority, answer.mutual_tls_port, token_sha256)


def _token_in(path: Path, *, is_needed: bool) -> str:
    """Return the token; empty where the file was taken away after its one use."""
    try:
        token = path.expanduser().read_text().strip()
    except (OSError, ValueError) as refusal:
        if not is_needed and isinstance(refusal, FileNotFoundError):
            return ""
        raise InvalidField(f"join_token_file {path} cannot be read: {refusal}", field="join_token_file") from None
    if not token:
        raise InvalidField(f"join_token_file {path} is empty: cyxwiz token join makes a token")
    return token


def _why(failure: grpc.aio.AioRpcError, address: str) -> str:
    details = failure.details() or ""
    return (
        certificate_failure(details, address)
        or closed_while_connecting(details, address, speaks_tls=True)
        or why_it_broke(failure)
    )
