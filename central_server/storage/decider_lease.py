"""The right to decide on a database that several servers share: a row with an epoch and a moment at which it runs out.

Time is the database's alone. Every transaction of a decider holds the row's key until it ends, and whoever takes over
changes that key: so a former decider that was paused finds another epoch and writes nothing, and a new one begins only
after its predecessor's last transaction is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import BigInteger, Connection, Engine, cast, extract, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement

from central_server.storage.tables import decider
from shared.clock import Clock
from shared.errors import NotTheDecider, StoreUnavailable

LEASE_SECONDS = 6.0
"""A decider that dies is followed by the next one after at most this and one more look."""

NOW_MS: ColumnElement[int] = cast(func.floor(extract("epoch", func.clock_timestamp()) * 1000), BigInteger)
"""The database's own time."""


class DeciderLease:
    """A `DeciderLock` in PostgreSQL, on an engine of its own, so that no long transaction holds up its renewal."""

    def __init__(self, engine: Engine, clock: Clock, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._engine = engine
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._epoch = 0
        self._held_until_seconds = 0.0
        self.holder = ""

    @property
    def is_held(self) -> bool:
        """Whether the lease has time left, by our own clock since before we asked for it."""
        return self._epoch > 0 and self._clock.monotonic_seconds() < self._held_until_seconds

    def take(self, address: str) -> bool:
        """Take the lease when it has run out; else remember whose it is.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        asked_seconds = self._clock.monotonic_seconds()
        take = (
            update(decider)
            .where(decider.c.expires_at_ms <= NOW_MS)
            .values(epoch=decider.c.epoch + 1, holder=address, expires_at_ms=self._expiry())
            .returning(decider.c.epoch)
        )
        with _asking(self._engine) as connection:
            epoch = connection.scalar(take)
            self.holder = connection.scalar(select(decider.c.holder)) or ""
        if epoch is None:
            return False
        self._epoch = epoch
        self._held_until_seconds = asked_seconds + self._lease_seconds
        return True

    def renew(self) -> None:
        """Begin the lease anew.

        Raises:
            NotTheDecider: another has taken it.
            StoreUnavailable: the database does not answer.
        """
        asked_seconds = self._clock.monotonic_seconds()
        renew = update(decider).where(decider.c.epoch == self._epoch).values(expires_at_ms=self._expiry())
        with _asking(self._engine) as connection:
            if connection.execute(renew).rowcount != 1:
                raise self._refusal(connection)
        self._held_until_seconds = asked_seconds + self._lease_seconds

    def fence(self, connection: Connection) -> None:
        """Hold the epoch until the transaction ends.

        Raises:
            NotTheDecider: it is another's, or never was ours.
        """
        ours = select(decider.c.epoch).where(decider.c.epoch == self._epoch, decider.c.epoch > 0)
        if connection.scalar(ours.with_for_update(read=True, key_share=True)) is None:
            raise self._refusal(connection)

    def release(self) -> None:
        """Let the lease run out now, if it is ours, and close the connection."""
        give = update(decider).where(decider.c.epoch == self._epoch, decider.c.epoch > 0).values(expires_at_ms=0)
        with suppress(SQLAlchemyError):  # then it runs out by itself
            if self._epoch:
                with self._engine.begin() as connection:
                    connection.execute(give)
        self._epoch = 0
        self._engine.dispose()

    def _expiry(self) -> ColumnElement[int]:
        return NOW_MS + int(self._lease_seconds * 1000)

    def _refusal(self, connection: Connection) -> NotTheDecider:
        self._held_until_seconds = 0.0
        self.holder = connection.scalar(select(decider.c.holder)) or ""
        return NotTheDecider(f"another central server decides on this database: {self.holder or 'unknown'}")


@contextmanager
def _asking(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as failure:
        raise StoreUnavailable(f"the database did not answer: {failure}") from failure
