"""Lets an rpc begin or not: asks who makes it, and whether they may. Every rpc passes here, ours and the library's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from central_server.requests.caller import Caller
from central_server.rpc.authentication import Authenticator, CertificateIdentity, Evidence
from central_server.rpc.context import Context
from shared.errors import OurBug
from shared.permissions import RPC_PERMISSIONS, Permission

_TRACEPARENT = "traceparent"


class Admission:
    """The door of every rpc."""

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator

    async def admit(self, method: str, context: Context) -> Caller:
        """Return who calls `package.Service/Method`.

        Raises:
            NotAuthenticated: their credentials are wrong or missing.
            NotPermitted: they may not.
        """
        evidence = evidence_in(context)
        permission = permission_of(method)
        caller = await self._authenticator.caller(evidence)
        caller.require(permission, method.rpartition("/")[2])
        traceparent = next((value for key, value in evidence.metadata if key == _TRACEPARENT), "")
        return replace(caller, traceparent=traceparent) if isinstance(traceparent, str) else caller


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
