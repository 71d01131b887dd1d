"""Versions of the database go forward only, the same way on both kinds."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from central_server.identity.audit_entry import AuditEntry
from central_server.ports import JobQuery, JobSort
from central_server.scheduler.effects import SaveJob
from central_server.storage.engines import Engines, open_engines
from central_server.storage.migrate import MIGRATIONS, VERSIONS, migrate_to_newest
from central_server.storage.rows import row_for_search, row_from_job, row_from_spec
from central_server.storage.security_rows import add_audit, drop_audit
from central_server.storage.store import SqlStore
from central_server.storage.tables import decider, job_search, job_specs, jobs, metadata, server_state
from shared.errors import WrongState
from tests.builders import a_job, a_spec


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'central.sqlite3'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def engines(database_url: str) -> Iterator[Engines]:
    opened = open_engines(database_url)
    yield opened
    opened.dispose()


def migrate_to(engine: Engine, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)


def version_of(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


@pytest.mark.parametrize("older", ["0001", "0002", "0003", "0004"])
async def test_an_older_database_is_upgraded_at_start_and_keeps_what_it_holds(
    engines: Engines, database_url: str, older: str
) -> None:
    migrate_to(engines.writer, older)
    with engines.writer.begin() as connection:
        connection.execute(insert(server_state).values(name="device_seconds_of:ada", value="1.5"))
    store = SqlStore.open(database_url)
    assert (await store.load()).device_seconds == {"ada": 1.5}
    await store.commit([SaveJob(a_job())])
    await store.close()
    assert version_of(engines.writer) > older


def test_the_versions_are_those_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert found[::-1] == list(VERSIONS)


def test_opening_a_database_of_the_newest_version_does_not_load_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'central.sqlite3'}"
    SqlStore.open(url).abandon()
    program = (
        "import sys; from central_server.storage.store import SqlStore; "
        f"SqlStore.open({url!r}).abandon(); sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_newer_database_is_refused_and_left_alone(engines: Engines, database_url: str) -> None:
    migrate_to_newest(engines.writer)
    with engines.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for _ in range(2):  # and the lock was freed
        with pytest.raises(WrongState, match=r"'9999'.*newer"):
            SqlStore.open(database_url)
    assert version_of(engines.writer) == "9999"


def test_migrations_make_exactly_the_tables_that_queries_use(engines: Engines) -> None:
    migrate_to_newest(engines.writer)
    with engines.reader.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_is_not_upgraded_under_a_server_that_works_on_it(postgresql_url: str) -> None:
    engines = open_engines(postgresql_url)
    migrate_to_newest(engines.writer)
    with engines.writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        connection.execute(update(decider).values(holder="old:1", expires_at_ms=2**62))
    with pytest.raises(WrongState, match="old:1"):
        SqlStore.open(postgresql_url)
    engines.dispose()


async def test_jobs_of_an_older_database_are_found_by_a_search(engines: Engines, database_url: str) -> None:
    migrate_to(engines.writer, "0003")
    job = a_job(spec=a_spec(name="Näme", labels={"team": "Vision"}, priority="high"))
    with engines.writer.begin() as connection:
        connection.execute(insert(jobs), [row_from_job(job)])
        connection.execute(insert(job_specs), [row_from_spec(job)])
    store = SqlStore.open(database_url)
    for query in (JobQuery(search="NÄME"), JobQuery(labels=(("team", "Vision"),)), JobQuery(sort=JobSort.PRIORITY)):
        assert [found.job_id for found in (await store.list_jobs(query)).jobs] == ["job"]
    await store.close()
    with engines.reader.connect() as connection:
        (row,) = connection.execute(select(job_search)).mappings()
    assert dict(row) == row_for_search(job)


@pytest.mark.parametrize("change", ["DELETE FROM audit", "UPDATE audit SET user_id = 'somebody'"])
def test_the_database_lets_nobody_change_what_is_left_of_the_audit_log(engines: Engines, change: str) -> None:
    migrate_to_newest(engines.writer)
    with engines.writer.begin() as connection:
        add_audit(connection, [AuditEntry(at_ms, "ada", "admin", "", "", "A/B", "", "ok") for at_ms in (1, 2, 3)])
        drop_audit(connection, before_ms=2, limit=9)
    with pytest.raises(DBAPIError, match="only appended to"), engines.writer.begin() as connection:
        connection.execute(text(change))
