"""Answers nodes who somebody is that calls them, and takes what they want in the audit log."""

from __future__ import annotations

from dataclasses import replace

from central_server.identity.audit_entry import OK
from central_server.identity.audit_log import AuditLog
from central_server.identity.credentials import Credentials
from central_server.requests.caller import NOBODY, Caller
from shared.errors import InvalidField, NotAuthenticated, NotPermitted, TooManyRequests
from shared.pb import link_pb2
from shared.permissions import Permission, Role


class CallerCheck:
    """The two unary rpcs of `link.proto`."""

    def __init__(self, credentials: Credentials, audit: AuditLog) -> None:
        self._credentials = credentials
        self._audit = audit

    async def check(self, question: link_pb2.CallerQuestion, node: Caller) -> link_pb2.CallerAnswer:
        """Tell a node whether somebody may; a refusal is in the audit log."""
        permission, what = _permission(question.permission), question.what[:100] or question.permission
        caller = replace(NOBODY, peer=question.peer)
        try:
            caller = await self._caller(question)
            caller.require(permission, what)
        except (NotAuthenticated, NotPermitted, TooManyRequests) as refusal:
            self._audit.refused(caller, f"{_place(node)}: {what}", refusal)
            return _answer(caller, allowed=False, sentence=str(refusal), code=refusal.code)
        return _answer(caller, allowed=True)

    async def record(self, report: link_pb2.AuditReport, node: Caller) -> link_pb2.AuditReceipt:
        """Take an entry of a node."""
        caller = Caller(
            report.user_id,
            Role(report.role) if report.role in set(Role) else Role.VIEWER,
            token_id=report.token_id,
            peer=report.peer,
        )
        self._audit.record(
            caller,
            f"{_place(node)}: {report.action}",
            subject=report.subject,
            result=report.result or OK,
            detail=report.detail,
        )
        return link_pb2.AuditReceipt()

    async def _caller(self, question: link_pb2.CallerQuestion) -> Caller:
        host = _host(question.peer)
        if question.token:
            return await self._credentials.with_authorization(f"Bearer {question.token}", host)
        return self._credentials.without_any(host)


def _answer(caller: Caller, *, allowed: bool, sentence: str = "", code: str = "") -> link_pb2.CallerAnswer:
    return link_pb2.CallerAnswer(
        allowed=allowed,
        user_id=caller.user_id,
        role=caller.role.value if caller.user_id else "",
        token_id=caller.token_id,
        sentence=sentence,
        code=code,
    )


def _permission(name: str) -> Permission:
    try:
        return Permission(name)
    except ValueError:
        raise InvalidField(
            f"permission must be one of {', '.join(Permission)}, got {name[:100]!r}", field="permission"
        ) from None


def _host(peer: str) -> str:
    """Return the host of `HOST`, `HOST:PORT` or `[IPV6]:PORT`."""
    if peer.startswith("["):
        return peer[1:].partition("]")[0]
    return peer.partition(":")[0] if peer.count(":") == 1 else peer


def _place(node: Caller) -> str:
    return f"node {node.node_id or node.token_name or node.peer}"
