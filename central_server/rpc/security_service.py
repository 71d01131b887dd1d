"""SecurityService: tokens and the audit log, between their messages and `requests.token_commands`."""

from __future__ import annotations

from central_server.identity.audit_entry import AuditEntry
from central_server.identity.security_store import AuditQuery
from central_server.identity.tokens import TokenRecord
from central_server.requests.caller import Caller
from central_server.requests.token_commands import TokenCommands
from shared.pb import security_pb2

_ENTRIES = 100


class SecurityService:
    """The rpcs for admins."""

    def __init__(self, commands: TokenCommands) -> None:
        self._commands = commands

    async def create_token(
        self, request: security_pb2.CreateTokenRequest, _caller: Caller
    ) -> security_pb2.CreateTokenResponse:
        """Make a token; this answer is the only place where it ever stands."""
        token, record = await self._commands.create(
            role=request.role,
            user_id=request.user_id,
            name=request.name,
            expires_in_seconds=request.expires_in_seconds,
        )
        return security_pb2.CreateTokenResponse(token=token, info=_info(record))

    async def list_tokens(
        self, _request: security_pb2.ListTokensRequest, _caller: Caller
    ) -> security_pb2.ListTokensResponse:
        """Return every token ever made."""
        return security_pb2.ListTokensResponse(tokens=[_info(record) for record in await self._commands.list()])

    async def revoke_token(
        self, request: security_pb2.RevokeTokenRequest, _caller: Caller
    ) -> security_pb2.RevokeTokenResponse:
        """Let a token count no more."""
        return security_pb2.RevokeTokenResponse(info=_info(await self._commands.revoke(request.token_id)))

    async def list_audit(
        self, request: security_pb2.ListAuditRequest, _caller: Caller
    ) -> security_pb2.ListAuditResponse:
        """Return a page of the audit log, the newest first."""
        query = AuditQuery(user_id=request.user_id, before=request.before, limit=request.limit or _ENTRIES)
        return security_pb2.ListAuditResponse(entries=[_entry(entry) for entry in await self._commands.audit(query)])


def _info(record: TokenRecord) -> security_pb2.TokenInfo:
    return security_pb2.TokenInfo(
        token_id=record.token_id,
        name=record.name,
        user_id=record.user_id,
        role=record.role.value,
        created_at_ms=record.created_at_ms,
        expires_at_ms=record.expires_at_ms,
        revoked_at_ms=record.revoked_at_ms,
        last_used_at_ms=record.last_used_at_ms,
    )


def _entry(entry: AuditEntry) -> security_pb2.AuditEntry:
    return security_pb2.AuditEntry(
        sequence=entry.sequence,
        at_ms=entry.at_ms,
        user_id=entry.user_id,
        role=entry.role,
        token_id=entry.token_id,
        peer=entry.peer,
        action=entry.action,
        subject=entry.subject,
        result=entry.result,
        detail=entry.detail,
    )
