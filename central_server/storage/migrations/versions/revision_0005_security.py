"""Tokens, and the audit log, which the database itself lets nobody change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SQLITE = """
CREATE TRIGGER audit_is_never_{done} BEFORE {verb} ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION audit_is_appended_to() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is only appended to'; END $$
"""
_POSTGRESQL = """
CREATE TRIGGER audit_is_never_{done} BEFORE {verb} ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_appended_to()
"""


def upgrade() -> None:
    """Make both tables, and guard the second."""
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.Column("revoked_at_ms", sa.BigInteger, nullable=False),
        sa.Column("last_used_at_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("tokens_by_sha256", "tokens", ["sha256"], unique=True)
    op.create_table(
        "audit",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("token_id", sa.Text, nullable=False),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_user", "audit", ["user_id", "sequence"])
    _guard()


def _guard() -> None:
    template = _SQLITE
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL_FUNCTION)
        template = _POSTGRESQL
    for verb, done in (("UPDATE", "changed"), ("DELETE", "removed")):
        op.execute(template.format(verb=verb, done=done))


def downgrade() -> None:
    """Refuse: versions only go forward.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("a database is never taken back to an older version; restore a copy instead")
