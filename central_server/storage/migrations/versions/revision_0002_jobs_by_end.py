"""An index over jobs that have ended, by when: clean-up looks for the oldest. Live jobs cost it nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    has_ended = sa.text("ended_at_ms > 0")
    op.create_index(
        "jobs_by_end", "jobs", ["ended_at_ms", "job_id"], sqlite_where=has_ended, postgresql_where=has_ended
    )


def downgrade() -> None:
    """Refuse: versions only go forward.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("a database is never taken back to an older version; restore a copy instead")
