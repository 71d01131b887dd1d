"""Which of several servers on one database decides: one row, with the epoch that every transaction is fenced by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table with its row; nobody decides yet."""
    table = op.create_table(
        "decider",
        sa.Column("epoch", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(table, [{"epoch": 0, "holder": "", "expires_at_ms": 0}])


def downgrade() -> None:
    """Refuse: versions only go forward.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("a database is never taken back to an older version; restore a copy instead")
