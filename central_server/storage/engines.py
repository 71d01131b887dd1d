"""Opens a database for the store: one engine that writes, one that only reads. SQLite here, PostgreSQL in `postgresql`.

Durable means durable: `synchronous=FULL` syncs the log at each commit, and one commit for a whole batch pays for it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from central_server.storage import postgresql
from shared.errors import InvalidField, NotSupported

BUSY_TIMEOUT_MS = 5000
"""How long a statement waits for another process (a backup, a person's shell) before the database counts as locked."""


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines of one database.

    Attributes:
        place: what people are told it is, without a password.
        file: the file it lives in; None when a server keeps it.
    """

    writer: Engine
    reader: Engine
    place: str
    file: Path | None

    def dispose(self) -> None:
        """Close every connection."""
        self.writer.dispose()
        self.reader.dispose()


def open_engines(database_url: str) -> Engines:
    """Return engines for `sqlite:///FILE` or `postgresql://…`; nothing is read or made yet.

    Raises:
        InvalidField: the URL is none, or names no file.
        NotSupported: another kind of database, or the driver of this one is not installed.
    """
    url = _checked_url(database_url)
    if url.get_backend_name() == "postgresql":
        writer, reader = postgresql.open_writer(url), postgresql.open_reader(url)
        return Engines(writer=writer, reader=reader, place=url.render_as_string(), file=None)
    return _sqlite_engines(url)


def _sqlite_engines(url: URL) -> Engines:
    file = Path(url.database or "")
    writer = create_engine(url, connect_args={"check_same_thread": False})
    reader = create_engine(url, connect_args={"check_same_thread": False})
    event.listen(writer, "connect", _prepare_writer)
    event.listen(writer, "begin", _begin_immediate)
    event.listen(reader, "connect", _prepare_reader)
    event.listen(reader, "begin", _begin)
    return Engines(writer=writer, reader=reader, place=str(file), file=file)


def _checked_url(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise InvalidField(
            "database must be a URL such as sqlite:////var/lib/cyxwiz/central.sqlite3 or "
            f"postgresql://USER@HOST/NAME, got {database_url!r}",
            field="database",
        ) from None
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url
    if kind != "sqlite":
        raise NotSupported(
            f"{kind} is not supported: give postgresql://USER@HOST/NAME or sqlite:///FILE, "
            "or no --database to use a file in --state-dir",
            field="database",
        )
    if url.database in {None, "", ":memory:"}:
        raise InvalidField("database must name a file, as in sqlite:////var/lib/cyxwiz/db.sqlite3", field="database")
    return url


def _prepare_writer(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not at the driver's guess
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _prepare_reader(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA query_only=ON")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
