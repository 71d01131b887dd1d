"""Finds tokens in the store, and remembers those it found for a moment, so that few requests ask the database.

A token that is revoked here is forgotten at once; one that another server on the same database revoked, within
`REMEMBERED_SECONDS`.
"""

from __future__ import annotations

from collections import OrderedDict

from central_server.identity.security_store import SecurityStore
from central_server.identity.tokens import TokenRecord
from shared.clock import Clock

REMEMBERED_SECONDS = 2.0
_MOST_REMEMBERED = 10_000
_LONG_AGO = float("-inf")


class KnownTokens:
    """Records by the token's hash."""

    def __init__(self, store: SecurityStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._remembered: OrderedDict[str, tuple[TokenRecord, float]] = OrderedDict()
        self._forgettings = 0

    def remembered(self, sha256: str) -> TokenRecord | None:
        """Return a token that was found a moment ago; asks nobody."""
        record, at_seconds = self._remembered.get(sha256, (None, 0.0))
        is_fresh = self._clock.monotonic_seconds() - at_seconds < REMEMBERED_SECONDS
        return record if is_fresh else None

    def is_familiar(self, sha256: str) -> bool:
        """Tell whether a token was found before, however long ago; asks nobody."""
        return sha256 in self._remembered

    async def find(self, sha256: str) -> TokenRecord | None:
        """Return the token with this hash, from the store.

        Raises:
            StoreUnavailable: the store cannot be asked.
        """
        forgettings = self._forgettings
        record = await self._store.find_token(sha256)
        # One that was revoked while we looked must not be remembered as it was.
        if record is not None and forgettings == self._forgettings:
            self._remembered.pop(sha256, None)
            self._remembered[sha256] = (record, self._clock.monotonic_seconds())
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return record

    def forget(self) -> None:
        """Ask the store about every token from now on."""
        self._forgettings += 1
        self._remembered = OrderedDict(
            (sha256, (record, _LONG_AGO)) for sha256, (record, _) in self._remembered.items()
        )
