"""The audit log may lose its oldest entries: those up to the number that retention wrote down, and no other."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_EXPIRED = "coalesce((SELECT CAST(value AS BIGINT) FROM server_state WHERE name = 'audit_expired_up_to'), 0)"

_SQLITE = (
    "DROP TRIGGER audit_is_never_removed",
    f"""
    CREATE TRIGGER audit_only_expires BEFORE DELETE ON audit WHEN OLD.sequence > {_EXPIRED}
    BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END
    """,
)
# Row by row here: a trigger for the statement does not see which rows would go.
_POSTGRESQL = (
    "DROP TRIGGER audit_is_never_removed ON audit",
    f"""
    CREATE OR REPLACE FUNCTION audit_only_expires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF OLD.sequence > {_EXPIRED} THEN RAISE EXCEPTION 'the audit log is only appended to'; END IF;
    RETURN OLD; END $$
    """,
    "CREATE TRIGGER audit_only_expires BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_only_expires()",
)


def upgrade() -> None:
    """Put one guard in the place of the other."""
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Refuse: versions only go forward.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("a database is never taken back to an older version; restore a copy instead")
