"""What listings search and sort by, apart from the wide rows of jobs; filled from the specs that are there."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AT_ONCE = 1000
_PRIORITIES = ("low", "normal", "high", "critical")


def upgrade() -> None:
    """Make the table and fill it."""
    sorted_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    table = op.create_table(
        "job_search",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
        ),
        sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.job_id", ondelete="CASCADE"), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("name_key", sorted_text, nullable=False),
        sa.Column("searched", sa.Text, nullable=False),
        sa.Column("labels", sa.Text, nullable=False),
    )
    _fill(table)
    op.create_index("job_search_by_job", "job_search", ["job_id"], unique=True)
    op.create_index("job_search_by_priority", "job_search", ["priority", "sequence"])
    op.create_index("job_search_by_name", "job_search", ["name_key", "sequence"])


def downgrade() -> None:
    """Refuse: versions only go forward.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("a database is never taken back to an older version; restore a copy instead")


def _fill(table: sa.Table) -> None:
    """In pieces, so that a large database needs little memory."""
    connection, after = op.get_bind(), -1
    piece = sa.text(
        "SELECT jobs.job_id, jobs.sequence, jobs.name, job_specs.spec FROM jobs "
        "JOIN job_specs ON job_specs.job_id = jobs.job_id "
        "WHERE jobs.sequence > :after ORDER BY jobs.sequence LIMIT :limit"
    )
    while rows := connection.execute(piece, {"after": after, "limit": _AT_ONCE}).all():
        op.bulk_insert(table, [_search_row(*row) for row in rows])
        after = rows[-1].sequence


def _search_row(job_id: str, sequence: int, name: str, spec: str) -> dict[str, Any]:
    said = json.loads(spec)
    labels = said["labels"]
    return {
        "job_id": job_id,
        "sequence": sequence,
        "priority": _PRIORITIES.index(said["priority"]),
        "name_key": name.casefold(),
        "searched": "\n".join([name, *labels.values()]).casefold(),
        "labels": "".join(f"\n{key}\x1f{value}\n" for key, value in labels.items()),
    }
