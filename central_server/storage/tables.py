"""The tables of the newest version, for queries. Migrations make them; a test holds the two together.

Columns that are searched or sorted by are columns; what is only carried along is JSON text beside them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text, text

from central_server.storage.postgresql import TextWithoutNul

metadata = MetaData()

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in a column of type INTEGER."""

SORTED_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorted by code points in every database, whatever its locale."""

FOREIGN_TEXT = Text().with_variant(TextWithoutNul(), "postgresql")
"""What programs of users wrote, whatever it is."""

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("submitted_at_ms", BigInteger, nullable=False),
    Column("started_at_ms", BigInteger, nullable=False),
    Column("first_step_at_ms", BigInteger, nullable=False),
    Column("ended_at_ms", BigInteger, nullable=False),
    Column("content_digest", Text, nullable=False),
    Column("details", Text, nullable=False),
    Index("jobs_by_sequence", "sequence"),
    Index("jobs_by_state", "state", "sequence"),
    Index("jobs_by_user", "user_id", "sequence"),
    Index(
        "jobs_by_end",
        "ended_at_ms",
        "job_id",
        sqlite_where=text("ended_at_ms > 0"),
        postgresql_where=text("ended_at_ms > 0"),
    ),
)
"""`details`: the rest of a `JobRecord` without its spec."""

job_specs = Table(
    "job_specs",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True),
    Column("spec", Text, nullable=False),
    Column("model_definition", Text, nullable=False),
)
"""Written once a job: a spec never changes, and its model definition may be megabytes that no listing should read."""

job_search = Table(
    "job_search",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=False),
    Column("job_id", Text, ForeignKey("jobs.job_id", ondelete="CASCADE"), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("name_key", SORTED_TEXT, nullable=False),
    Column("searched", Text, nullable=False),
    Column("labels", Text, nullable=False),
    Index("job_search_by_job", "job_id", unique=True),
    Index("job_search_by_priority", "priority", "sequence"),
    Index("job_search_by_name", "name_key", "sequence"),
)
"""What listings search and sort by, written once with the spec.

The rows are narrow and lie in the order of their sequence, so that a search reads few pages, one after the other.

`searched` is the name and the labels' values, folded; `labels` holds each as NEWLINE key UNIT-SEPARATOR value NEWLINE.
"""

nodes = Table(
    "nodes",
    metadata,
    Column("node_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("last_seen_ms", BigInteger, nullable=False),
    Column("details", Text, nullable=False),
)

server_state = Table(
    "server_state",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Small facts of the server itself, by name."""

metric_rows = Table(
    "metric_rows",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("metrics", Text, nullable=False),
    sqlite_with_rowid=False,
)

log_lines = Table(
    "log_lines",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    Column("job_id", Text, ForeignKey("jobs.job_id", ondelete="CASCADE"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("level", Text, nullable=False),
    Column("text", FOREIGN_TEXT, nullable=False),
    Column("digest", Text, nullable=False),
    Index("log_lines_by_job", "job_id", "sequence"),
    Index("log_lines_once", "job_id", "attempt", "at_ms", "digest", unique=True),
    sqlite_autoincrement=True,
)
"""A node repeats what was not acknowledged: the same text of the same millisecond is kept once."""

replicas = Table(
    "replicas",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=False),
    Column("job_id", Text, ForeignKey("jobs.job_id", ondelete="CASCADE"), nullable=False),
    Column("deployment_id", Text, nullable=False),
    Index("replicas_by_job", "job_id", unique=True),
)
"""Which jobs are replicas of deployments, by the sequence that listings walk along: they leave these out."""

deployments = Table(
    "deployments",
    metadata,
    Column("deployment_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("weights_sha256", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Index("deployments_by_name", "name", unique=True),
)
"""`spec` is what its next replica would be."""

artifact_references = Table(
    "artifact_references",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.job_id", ondelete="CASCADE"), primary_key=True),
    Column("sha256", Text, primary_key=True),
    Index("artifact_references_by_sha256", "sha256"),
)

decider = Table(
    "decider",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
)
"""One row: which server decides, where it is reached, until when it may. Used where servers share a database.

The epoch is the key, so that PostgreSQL lets a renewal pass beside a transaction that holds the row's key, and a new
decider not.
"""

tokens = Table(
    "tokens",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("revoked_at_ms", BigInteger, nullable=False),
    Column("last_used_at_ms", BigInteger, nullable=False),
    Index("tokens_by_sha256", "sha256", unique=True),
)
"""Of each token its hash; the token itself is nowhere."""

audit = Table(
    "audit",
    metadata,
    Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("user_id", FOREIGN_TEXT, nullable=False),
    Column("role", Text, nullable=False),
    Column("token_id", Text, nullable=False),
    Column("peer", FOREIGN_TEXT, nullable=False),
    Column("action", FOREIGN_TEXT, nullable=False),
    Column("subject", FOREIGN_TEXT, nullable=False),
    Column("result", FOREIGN_TEXT, nullable=False),
    Column("detail", FOREIGN_TEXT, nullable=False),
    Index("audit_by_user", "user_id", "sequence"),
    sqlite_autoincrement=True,
)
"""Triggers let nobody change a row, or remove one that retention has not let go of."""
