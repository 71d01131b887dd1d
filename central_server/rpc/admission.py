"""Lets an rpc begin or not: asks who makes it, and whether they may, and has the audit log written.

Every rpc passes here, ours and the library's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import replace

from google.protobuf.message import Message

from central_server.identity.audit_log import CHANGING, AuditLog, Note
from central_server.identity.staying import while_let_in
from central_server.requests.caller import NOBODY, Caller
from central_server.rpc.authentication import AUTHORIZATION, Authenticator, CertificateIdentity, Evidence
from central_server.rpc.context import Context
from shared.errors import NotAuthenticated, NotPermitted, OurBug
from shared.permissions import RPC_PERMISSIONS, Permission

_TRACEPARENT = "traceparent"
_SUBJECTS = ("job_id", "node_id", "token_id", "deployment_id", "serial")
_PARTS = ("config", "info")
"""Where messages hold what they are about, when not on top."""


class Admission:
    """The door of every rpc."""

    def __init__(
        self, authenticator: Authenticator, audit: AuditLog, *, count_request: Callable[[Caller], None]
    ) -> None:
        self._authenticator = authenticator
        self._count_request = count_request
        self._audit = audit

    async def admit(self, method: str, context: Context) -> Caller:
        """Return who calls `package.Service/Method`.

        Raises:
            NotAuthenticated: their credentials are wrong or missing.
            NotPermitted: they may not.
            TooManyRequests: they ask too fast.
        """
        evidence, permission = evidence_in(context), permission_of(method)
        caller = replace(NOBODY, peer=evidence.host)
        try:
            caller = await self._caller(evidence, permission, caller)
            caller.require(permission, method.rpartition("/")[2])
        except (NotAuthenticated, NotPermitted) as refusal:
            self._audit.refused(caller, _shown(method), refusal)
            raise
        caller = replace(caller, peer=evidence.host)
        self._count_request(caller)
        traceparent = next(iter(evidence.values(_TRACEPARENT)), "")
        return replace(caller, traceparent=traceparent) if traceparent else caller

    def staying(self, context: Context) -> AbstractAsyncContextManager[None]:
        """Return a block that ends with NotAuthenticated once the credentials of an admitted rpc count no more."""
        evidence = evidence_in(context)
        if not evidence.values(AUTHORIZATION) and evidence.certificate is None:
            return nullcontext()  # nothing was shown that could be revoked
        return while_let_in(lambda: self._authenticator.caller(evidence))

    async def _caller(self, evidence: Evidence, permission: Permission, nobody: Caller) -> Caller:
        try:
            return await self._authenticator.caller(evidence)
        except NotAuthenticated:
            if permission is Permission.OPEN and not evidence.values(AUTHORIZATION):
                return nobody
            raise

    @contextmanager
    def noting(self, method: str, caller: Caller, request: Message) -> Iterator[Note]:
        """Have written down how the block ends, if the method changes something."""
        if permission_of(method) not in CHANGING:
            yield Note()
            return
        with self._audit.noting(_shown(method), caller) as note:
            note.subject = subject_in(request)
            yield note


def permission_of(method: str) -> Permission:
    """Return what `package.Service/Method` asks for.

    Raises:
        OurBug: no line of the table names it.
    """
    if method not in RPC_PERMISSIONS:
        raise OurBug(f"the rpc {method} needs a line in RPC_PERMISSIONS of shared/permissions.py, and has none")
    return RPC_PERMISSIONS[method]


def evidence_in(context: Context) -> Evidence:
    """Return what a request shows of its maker."""
    auth_context: Mapping[str, Iterable[bytes]] = context.auth_context() or {}
    return Evidence(
        metadata=tuple((key, value) for key, value in context.invocation_metadata() or ()),
        peer=context.peer() or "",
        certificate=CertificateIdentity.from_auth_context(auth_context),
    )


def subject_in(message: Message) -> str:
    """Return the id of what a message is about; empty when it names nothing."""
    names = message.DESCRIPTOR.fields_by_name
    found = next((value for name in _SUBJECTS if name in names and (value := getattr(message, name))), "")
    return found or next((subject_in(getattr(message, name)) for name in _PARTS if name in names), "")


def _shown(method: str) -> str:
    """Return a method as people read it: without its package."""
    service, _, name = method.rpartition("/")
    return f"{service.rpartition('.')[2]}/{name}"
