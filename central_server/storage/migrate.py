"""Brings a database to this program's version; never back, and never touches one that a newer program has made."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from shared.errors import WrongState

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate_to_newest(engine: Engine) -> None:
    """Run each version the database does not have yet, in one transaction.

    Raises:
        WrongState: the database was made by a newer program.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        if _is_newest(config, connection):
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _is_newest(config: Config, connection: Connection) -> bool:
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if present is not None and present not in known:
        raise WrongState(
            f"the database has version {present!r}, which this program does not know: it was made by a newer one; "
            "start that one, or give another --state-dir or --database",
            field="database",
        )
    return present == scripts.get_current_head()
