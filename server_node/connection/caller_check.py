"""Asks the central server who calls a service of this node, and whether they may; tells it what to write down.

Answers are kept for a few seconds, so that a stream of predictions costs one question. Who is let in while no server
answers: nobody.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import grpc.aio

from server_node.ports import CheckedCaller
from shared.clock import Clock
from shared.error_names import error_named
from shared.errors import NotAuthenticated, ServerUnreachable
from shared.pb import link_pb2, link_pb2_grpc
from shared.permissions import Permission

REMEMBERED_SECONDS = 3.0
"""A token that is revoked counts at nodes for so long."""
_ANSWER_SECONDS = 5.0
_MOST_REMEMBERED = 10_000
_BEARER = "bearer"

_Key = tuple[str, str, str]


class CallerCheck:
    """A `CallerPort` that asks over the node's own channel."""

    def __init__(self, *, channel: Callable[[], Awaitable[grpc.aio.Channel]], clock: Clock) -> None:
        self._channel = channel
        self._clock = clock
        self._remembered: OrderedDict[_Key, tuple[CheckedCaller, float]] = OrderedDict()

    async def check(self, authorization: str, host: str, permission: Permission, what: str) -> CheckedCaller:
        """Return who it is that may.

        Args:
            authorization: what they sent, `Bearer TOKEN`; empty for nothing.
            host: the address they come from.
            permission: what they need.
            what: what they want to do, for the sentence of a refusal.

        Raises:
            NotAuthenticated: it is not known who they are.
            NotPermitted: they may not.
            TooManyRequests: too many wrong tokens came from there.
            ServerUnreachable: no server can be asked.
        """
        token = _token_in(authorization)
        key = (hashlib.sha256(token.encode()).hexdigest(), host, permission.value)
        caller, at_seconds = self._remembered.get(key, (None, 0.0))
        now = self._clock.monotonic_seconds()
        if caller is not None and now - at_seconds < REMEMBERED_SECONDS:
            return caller
        question = link_pb2.CallerQuestion(token=token, peer=host, permission=permission.value, what=what)
        caller = _allowed(await self._ask(question), host)
        self._remember(key, caller, now)
        return caller

    async def record(
        self, caller: CheckedCaller, action: str, *, subject: str = "", result: str = "ok", detail: str = ""
    ) -> None:
        """Have something written into the audit log.

        Raises:
            ServerUnreachable: no server takes it.
        """
        report = link_pb2.AuditReport(
            user_id=caller.user_id,
            role=caller.role,
            token_id=caller.token_id,
            peer=caller.host,
            action=action,
            subject=subject,
            result=result,
            detail=detail,
        )
        try:
            await link_pb2_grpc.NodeLinkStub(await self._channel()).RecordAudit(report, timeout=_ANSWER_SECONDS)
        except grpc.aio.AioRpcError as failure:
            raise _unreachable(failure) from None

    async def _ask(self, question: link_pb2.CallerQuestion) -> link_pb2.CallerAnswer:
        stub = link_pb2_grpc.NodeLinkStub(await self._channel())
        try:
            answer: link_pb2.CallerAnswer = await stub.CheckCaller(question, timeout=_ANSWER_SECONDS)
        except grpc.aio.AioRpcError as failure:
            raise _unreachable(failure) from None
        return answer

    def _remember(self, key: _Key, caller: CheckedCaller, now_seconds: float) -> None:
        self._remembered.pop(key, None)
        self._remembered[key] = (caller, now_seconds)
        if len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def _token_in(authorization: str) -> str:
    """Return the token of `Bearer TOKEN`; a caller who sent something else must not count as one who sent nothing."""
    if not authorization:
        return ""
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != _BEARER or not token.strip():
        raise NotAuthenticated("authorization must be 'Bearer TOKEN' with a token that begins with cyx_")
    return token.strip()


def _allowed(answer: link_pb2.CallerAnswer, host: str) -> CheckedCaller:
    """Return who it is, or raise the server's refusal."""
    if not answer.allowed:
        raise error_named(answer.code or NotAuthenticated.code, answer.sentence)
    return CheckedCaller(answer.user_id, answer.role, token_id=answer.token_id, host=host)


def _unreachable(failure: grpc.aio.AioRpcError) -> ServerUnreachable:
    return ServerUnreachable(f"no central server could be asked who you are ({failure.code().name}); try again shortly")
