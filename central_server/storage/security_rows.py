"""Reads and writes tokens and the audit log on a connection that somebody else opened. It knows no token's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import takewhile

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from central_server.identity.audit_entry import AuditEntry
from central_server.identity.security_store import AuditQuery
from central_server.identity.tokens import TokenRecord
from central_server.storage import tables
from central_server.storage.rows import Row
from central_server.storage.write_batch import write_facts
from shared.permissions import Role

_FIND = select(tables.tokens).where(tables.tokens.c.sha256 == bindparam("wanted"))
_USED = (
    update(tables.tokens)
    .where(tables.tokens.c.token_id == bindparam("used"), tables.tokens.c.last_used_at_ms < bindparam("since"))
    .values(last_used_at_ms=bindparam("at"))
)
_MINUTE_MS = 60_000
_EXPIRED_UP_TO = "audit_expired_up_to"
"""The database removes no entry with a higher number than this fact says: see the migration."""


def find_token(connection: Connection, sha256: str) -> TokenRecord | None:
    """Return the token with this hash."""
    row = connection.execute(_FIND, {"wanted": sha256}).mappings().first()
    return _token_from_row(row) if row else None


def all_tokens(connection: Connection) -> tuple[TokenRecord, ...]:
    """Return every token, the oldest first."""
    query = select(tables.tokens).order_by(tables.tokens.c.created_at_ms, tables.tokens.c.token_id)
    return tuple(_token_from_row(row) for row in connection.execute(query).mappings())


def add_token(connection: Connection, record: TokenRecord) -> None:
    """Keep a token."""
    connection.execute(insert(tables.tokens).values(asdict(record) | {"role": record.role.value}))


def revoke_token(connection: Connection, token_id: str, at_ms: int) -> TokenRecord | None:
    """Mark a token, unless it is marked, and return it."""
    this = tables.tokens.c.token_id == token_id
    not_yet = tables.tokens.c.revoked_at_ms == 0
    connection.execute(update(tables.tokens).where(this, not_yet).values(revoked_at_ms=at_ms))
    row = connection.execute(select(tables.tokens).where(this)).mappings().first()
    return _token_from_row(row) if row else None


def add_audit(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Append entries, and note when their tokens were used, to the minute."""
    rows = [asdict(entry) for entry in entries]
    for row in rows:
        del row["sequence"]
    if rows:
        connection.execute(insert(tables.audit), rows)
    used = {entry.token_id: entry.at_ms for entry in entries if entry.token_id}
    if used:
        connection.execute(
            _USED, [{"used": token_id, "at": at_ms, "since": at_ms - _MINUTE_MS} for token_id, at_ms in used.items()]
        )


def list_audit(connection: Connection, query: AuditQuery) -> tuple[AuditEntry, ...]:
    """Return a page of the log, the newest first."""
    column = tables.audit.c
    wanted = select(tables.audit).order_by(column.sequence.desc()).limit(query.limit)
    if query.user_id:
        wanted = wanted.where(column.user_id == query.user_id)
    if query.before:
        wanted = wanted.where(column.sequence < query.before)
    return tuple(AuditEntry(**row) for row in connection.execute(wanted).mappings())


def drop_audit(connection: Connection, *, before_ms: int, limit: int) -> int:
    """Remove at most `limit` of the oldest entries, up to the first that is not older than that."""
    column = tables.audit.c
    oldest = connection.execute(select(column.sequence, column.at_ms).order_by(column.sequence).limit(limit)).all()
    expired = [sequence for sequence, _ in takewhile(lambda entry: entry.at_ms < before_ms, oldest)]
    if expired:
        write_facts(connection, {_EXPIRED_UP_TO: str(expired[-1])})
        connection.execute(delete(tables.audit).where(column.sequence <= expired[-1]))
    return len(expired)


def _token_from_row(row: Row) -> TokenRecord:
    return TokenRecord(**(dict(row) | {"role": Role(row["role"])}))
