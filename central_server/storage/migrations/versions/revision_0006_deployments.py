"""Deployments, and which jobs are replicas of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables; no job can be a replica yet."""
    op.create_table(
        "replicas",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.job_id", ondelete="CASCADE"), nullable=False),
        sa.Column("deployment_id", sa.Text, nullable=False),
    )
    op.create_index("replicas_by_job", "replicas", ["job_id"], unique=True)
    op.create_table(
        "deployments",
        sa.Column("deployment_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("weights_sha256", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
    )
    op.create_index("deployments_by_name", "deployments", ["name"], unique=True)


def downgrade() -> None:
    """Refuse: versions only go forward.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("a database is never taken back to an older version; restore a copy instead")
