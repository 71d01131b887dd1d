"""Brings a database to this program's version; never back, and never touches one that a newer program has made.

Nearly every start finds the newest version, and for that needs no alembic, whose import takes a third of a second.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, column, func, inspect, select, table

from central_server.storage.decider_lease import NOW_MS
from central_server.storage.tables import decider
from shared.errors import WrongState

_ONE_AT_A_TIME = 0x63797877
"""The number of PostgreSQL's lock under which versions are run, so that two servers that start together do not both."""

MIGRATIONS = Path(__file__).parent / "migrations"


VERSIONS = tuple(sorted(file.name.split("_")[1] for file in (MIGRATIONS / "versions").glob("revision_*.py")))
"""Those that this program knows, the oldest first, by the names of their files."""

_PRESENT = table("alembic_version", column("version_num"))


def migrate_to_newest(engine: Engine) -> None:
    """Run each version the database does not have yet, in one transaction.

    Raises:
        WrongState: the database was made by a newer program, or is older and another server works on it.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        if _is_newest(connection):
            return
        _refuse_while_somebody_decides(connection)
        _upgrade(connection)


def _is_newest(connection: Connection) -> bool:
    if not inspect(connection).has_table(_PRESENT.name):
        return False
    present = connection.scalar(select(_PRESENT.c.version_num))
    if present is not None and present not in VERSIONS:
        raise WrongState(
            f"the database has version {present!r}, which this program does not know: it was made by a newer one; "
            "start that one, or give another --state-dir or --database",
            field="database",
        )
    return present == VERSIONS[-1]


def _refuse_while_somebody_decides(connection: Connection) -> None:
    """Refuse to change the tables under another server; in a SQLite file there can be none."""
    if connection.dialect.name != "postgresql" or not inspect(connection).has_table(decider.name):
        return
    holder = connection.scalar(select(decider.c.holder).where(decider.c.expires_at_ms > NOW_MS))
    if holder is not None:
        raise WrongState(
            f"the database is older than this program, and the central server at {holder} works on it: "
            "stop every server on this database, then start this one, which upgrades it",
            field="database",
        )


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
