"""EnrolmentService: how nodes come to certificates and lose them, between its messages and `requests.enrolment`."""

from __future__ import annotations

from central_server.identity.audit_log import AuditLog
from central_server.identity.guessing import GuessLimit
from central_server.requests.caller import Caller
from central_server.requests.enrolment import Enrolled, Enrolment
from shared.clock import Clock
from shared.errors import AlreadyExists, NotAuthenticated
from shared.pb import enrolment_pb2

_ENROL = "EnrolmentService/Enrol"


class EnrolmentService:
    """The rpcs of `enrolment.proto`."""

    def __init__(self, enrolment: Enrolment, audit: AuditLog, clock: Clock) -> None:
        self._enrolment = enrolment
        self._audit = audit
        self._clock = clock
        self._guesses = GuessLimit()

    async def create_join_token(
        self, request: enrolment_pb2.CreateJoinTokenRequest, caller: Caller
    ) -> enrolment_pb2.CreateJoinTokenResponse:
        """Make a join token; it is durable when it is answered."""
        token, kept = await self._enrolment.create_join_token(
            caller, name=request.name, expires_in_seconds=request.expires_in_seconds
        )
        return enrolment_pb2.CreateJoinTokenResponse(join_token=token, expires_at_ms=kept.expires_at_ms)

    async def enrol(self, request: enrolment_pb2.EnrolRequest, caller: Caller) -> enrolment_pb2.EnrolResponse:
        """Certify a node's key; whoever has the token may, and whoever guesses has to wait longer and longer."""
        now_seconds = self._clock.monotonic_seconds()
        self._guesses.refuse_too_fast(caller.peer, now_seconds)
        try:
            enrolled = await self._enrolment.enrol(request.join_token, request.node_id, request.certificate_request)
        except (NotAuthenticated, AlreadyExists) as refusal:
            self._guesses.failed(caller.peer, now_seconds)
            self._audit.refused(caller, _ENROL, refusal)
            raise
        self._guesses.succeeded(caller.peer)
        self._audit.record(caller, _ENROL, subject=request.node_id)
        return _response(enrolled)

    async def renew(
        self, request: enrolment_pb2.RenewCertificateRequest, caller: Caller
    ) -> enrolment_pb2.EnrolResponse:
        """Certify a key for the node that asks."""
        return _response(await self._enrolment.renew(caller, request.certificate_request))

    async def revoke_node(
        self, request: enrolment_pb2.RevokeNodeRequest, caller: Caller
    ) -> enrolment_pb2.RevokeResponse:
        """Take its certificates from a node; its streams are closed when it is answered."""
        return enrolment_pb2.RevokeResponse(serials=await self._enrolment.revoke_node(caller, request.node_id))

    async def revoke_certificate(
        self, request: enrolment_pb2.RevokeCertificateRequest, caller: Caller
    ) -> enrolment_pb2.RevokeResponse:
        """Let one certificate count no more."""
        return enrolment_pb2.RevokeResponse(serials=await self._enrolment.revoke_certificate(caller, request.serial))


def _response(enrolled: Enrolled) -> enrolment_pb2.EnrolResponse:
    return enrolment_pb2.EnrolResponse(
        certificate=enrolled.certificate,
        authority=enrolled.authority,
        mutual_tls_port=enrolled.mutual_tls_port,
        not_after_ms=enrolled.not_after_ms,
    )
