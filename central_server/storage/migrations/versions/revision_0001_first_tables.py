"""The first tables: jobs with their specs, nodes, metric history, logs, references to artifacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    _make_jobs()
    _make_nodes()
    _make_server_state()
    _make_telemetry()
    _make_artifact_references()


def downgrade() -> None:
    """Refuse: versions only go forward.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("a database is never taken back to an older version; restore a copy instead")


def _job_id(*, primary_key: bool) -> sa.Column[str]:
    reference = sa.ForeignKey("jobs.job_id", ondelete="CASCADE")
    return sa.Column("job_id", sa.Text, reference, primary_key=primary_key, nullable=False)


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("submitted_at_ms", sa.BigInteger, nullable=False),
        sa.Column("started_at_ms", sa.BigInteger, nullable=False),
        sa.Column("first_step_at_ms", sa.BigInteger, nullable=False),
        sa.Column("ended_at_ms", sa.BigInteger, nullable=False),
        sa.Column("content_digest", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_index("jobs_by_sequence", "jobs", ["sequence"])
    op.create_index("jobs_by_state", "jobs", ["state", "sequence"])
    op.create_index("jobs_by_user", "jobs", ["user_id", "sequence"])
    op.create_table(
        "job_specs",
        _job_id(primary_key=True),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("model_definition", sa.Text, nullable=False),
    )


def _make_nodes() -> None:
    op.create_table(
        "nodes",
        sa.Column("node_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("last_seen_ms", sa.BigInteger, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
    )


def _make_server_state() -> None:
    op.create_table(
        "server_state", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False)
    )


def _make_telemetry() -> None:
    op.create_table(
        "metric_rows",
        _job_id(primary_key=True),
        sa.Column("step", sa.BigInteger, primary_key=True),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("metrics", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_lines",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        _job_id(primary_key=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("log_lines_by_job", "log_lines", ["job_id", "sequence"])
    op.create_index("log_lines_once", "log_lines", ["job_id", "attempt", "at_ms", "digest"], unique=True)


def _make_artifact_references() -> None:
    op.create_table("artifact_references", _job_id(primary_key=True), sa.Column("sha256", sa.Text, primary_key=True))
    op.create_index("artifact_references_by_sha256", "artifact_references", ["sha256"])
