"""How the store connects to PostgreSQL: driver, time limits, and what its text cannot hold. It knows no table.

A transaction that writes holds the fence (see `decider_lease`), so none may stay open for long: the server ends one
whose client was paused or cut off in the middle of it, and the next decider need not wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import URL, Dialect, Engine, Text, TypeDecorator, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from shared.errors import NotSupported

_LARGEST_PAUSE_MS = 3_000
_LOCK_WAIT_MS = 2_000
_LONGEST_WRITE_MS = 20_000
_FIRST_WITH_TRANSACTION_TIMEOUT = 170_000

_CONNECT = MappingProxyType(
    {
        "connect_timeout": 5,
        # A server or a network that is gone without a word is noticed within about ten seconds.
        "keepalives_idle": 4,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
)

_WRITER = MappingProxyType(
    {
        "synchronous_commit": "on",
        "lock_timeout": str(_LOCK_WAIT_MS),
        "idle_in_transaction_session_timeout": str(_LARGEST_PAUSE_MS),
    }
)
_READER = MappingProxyType(
    {"default_transaction_read_only": "on", "default_transaction_isolation": "repeatable read"},
)


class TextWithoutNul(TypeDecorator[str]):
    """Text as PostgreSQL can hold it: a NUL, which logs of foreign programs may contain, becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy gives it
        """Return what is written."""
        return value.replace("\0", "\ufffd") if value and "\0" in value else value


def open_writer(url: URL) -> Engine:
    """Return an engine of one connection that may write."""
    engine = _open(url, connections=1, settings=_WRITER)
    event.listen(engine, "connect", _limit_transactions)
    return engine


def open_reader(url: URL, *, connections: int = 2) -> Engine:
    """Return an engine that only reads, each transaction at one moment."""
    return _open(url, connections=connections, settings=_READER)


def _open(url: URL, *, connections: int, settings: Mapping[str, str]) -> Engine:
    asked = {name: value for name, value in _CONNECT.items() if name not in url.query}
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            connect_args=asked,
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,  # connections that a restart of the database has cut are replaced, not failed on
        )
    except ModuleNotFoundError:
        raise NotSupported(
            "a postgresql database needs the driver psycopg: install cyxwiz[central,postgres]", field="database"
        ) from None

    def prepare(connection: DBAPIConnection, _record: object) -> None:
        _set(connection, settings)

    event.listen(engine, "connect", prepare)
    return engine


def _limit_transactions(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("SHOW server_version_num")
    shown = cursor.fetchone()
    if shown and int(shown[0]) >= _FIRST_WITH_TRANSACTION_TIMEOUT:
        _set(connection, {"transaction_timeout": str(_LONGEST_WRITE_MS)})


def _set(connection: DBAPIConnection, settings: Mapping[str, str]) -> None:
    cursor = connection.cursor()
    for name, value in settings.items():
        cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()
