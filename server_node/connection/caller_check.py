"""Asks the central server who calls a service of this node, and whether they may; tells it what to write down.

Answers are kept for a few seconds, so that a stream of predictions costs one question. Who is let in while no server
answers: whoever was let in a while ago, to read and to predict; nobody else, and nobody to a terminal.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import grpc.aio

from server_node.own_services.addresses import is_loopback
from server_node.ports import CheckedCaller
from shared.clock import Clock
from shared.error_names import error_named
from shared.errors import NotAuthenticated, ServerUnreachable
from shared.pb import link_pb2, link_pb2_grpc
from shared.permissions import Permission

REMEMBERED_SECONDS = 3.0
"""A token that is revoked counts at nodes for so long."""
_ANSWER_SECONDS = 5.0
_ANSWER_ABOUT_KNOWN_SECONDS = 1.0
"""A server that does not answer must not hold up those who may go in without its answer."""
_WITHOUT_SERVER = frozenset({Permission.PREDICT, Permission.READ})
_MOST_REMEMBERED = 10_000
_BEARER = "bearer"

_Key = tuple[str, str, str]


@dataclass(slots=True)
class _Known:
    """Somebody who was let in.

    Attributes:
        said_seconds: when the server said so.
        until_seconds: so long it is not asked again.
    """

    caller: CheckedCaller
    said_seconds: float
    until_seconds: float


class CallerCheck:
    """A `CallerPort` that asks over the node's own channel.

    Args:
        kept_seconds: how long after the server's word somebody may go on while it cannot be asked.
    """

    def __init__(
        self, *, channel: Callable[[], Awaitable[grpc.aio.Channel]], clock: Clock, kept_seconds: float = 60.0
    ) -> None:
        self._channel = channel
        self._clock = clock
        self._kept_seconds = kept_seconds
        self._remembered: OrderedDict[_Key, _Known] = OrderedDict()

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
        known, now = self._remembered.get(key), self._clock.monotonic_seconds()
        if known is not None and now < known.until_seconds:
            return known.caller
        question = link_pb2.CallerQuestion(token=token, peer=host, permission=permission.value, what=what)
        may_go_on = known is not None and self._may_go_on(known, permission, now, has_token=bool(token))
        try:
            answer = await self._ask(question, _ANSWER_ABOUT_KNOWN_SECONDS if may_go_on else _ANSWER_SECONDS)
        except ServerUnreachable:
            if known is None or not may_go_on:
                raise
            known.until_seconds = now + REMEMBERED_SECONDS
            return known.caller
        self._remembered.pop(key, None)
        caller = _allowed(answer, host)
        self._remember(key, _Known(caller, now, now + REMEMBERED_SECONDS))
        return caller

    def _may_go_on(self, known: _Known, permission: Permission, now_seconds: float, *, has_token: bool) -> bool:
        """Tell whether somebody whom the server let in may go on without its word."""
        if permission not in _WITHOUT_SERVER or not self._kept_seconds:
            return False
        # Who shows nothing on this machine has nothing that could be revoked.
        is_local = not has_token and is_loopback(known.caller.host)
        return is_local or now_seconds - known.said_seconds < self._kept_seconds

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

    async def _ask(self, question: link_pb2.CallerQuestion, seconds: float) -> link_pb2.CallerAnswer:
        try:
            async with asyncio.timeout(seconds):  # a channel may be waited for, too
                stub = link_pb2_grpc.NodeLinkStub(await self._channel())
                answer: link_pb2.CallerAnswer = await stub.CheckCaller(question, timeout=seconds)
        except TimeoutError:
            raise ServerUnreachable("no central server could be asked who you are in time; try again shortly") from None
        except grpc.aio.AioRpcError as failure:
            raise _unreachable(failure) from None
        return answer

    def _remember(self, key: _Key, known: _Known) -> None:
        self._remembered[key] = known
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
