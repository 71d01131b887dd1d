"""The audit log: what changed something, and what was refused, is queued and written in batches, at most one a second.

No request waits for it. When the process is killed, what was queued in the last moment is lost from the log, while the
jobs themselves, with their users, are not. While the store cannot be written, entries wait; of more than may wait, the
newest are dropped, and the log says how many.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from central_server.identity.audit_entry import OK, AuditEntry
from central_server.identity.security_store import SecurityStore
from central_server.requests.caller import Caller
from central_server.structured_logging import log_event
from shared.clock import Clock
from shared.errors import CyxWizError, StoreUnavailable
from shared.permissions import Permission

COLLECT_SECONDS = 1.0
"""A commit of its own costs the control loop, which shares the store's one writer, the time of a sync to the disk."""
CAPACITY_ENTRIES = 50_000
BATCH_ENTRIES = 1_000
SAME_REFUSAL_SECONDS = 60.0
"""The same refusal of the same caller is written once in this time, so that nobody fills the disk with refusals."""
_MOST_REFUSALS = 10_000
_LONGEST_CHARACTERS = 300

CHANGING = frozenset(
    {
        Permission.SUBMIT,
        Permission.OWN_JOBS,
        Permission.ALL_JOBS,
        Permission.NODES,
        Permission.DEPLOY,
        Permission.TERMINAL,
        Permission.TOKENS,
    }
)
"""What asks for one of these is in the log however it ends."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Note:
    """What is found out of a request while it runs."""

    subject: str = ""


class AuditLog:
    """The queue and the task that empties it."""

    def __init__(self, store: SecurityStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._queued: list[AuditEntry] = []
        self._dropped = 0
        self._filled = asyncio.Event()
        self._refusals: OrderedDict[tuple[str, ...], float] = OrderedDict()

    @contextmanager
    def noting(self, action: str, caller: Caller) -> Iterator[Note]:
        """Write down how the block ends, and what its `Note` says it was about."""
        note = Note()
        result, detail = OK, ""
        try:
            yield note
        except CyxWizError as error:
            result, detail = error.code, str(error)
            raise
        except Exception:
            result = "internal"
            raise
        finally:
            self.record(caller, action, subject=note.subject, result=result, detail=detail)

    def record(self, caller: Caller, action: str, *, subject: str = "", result: str = OK, detail: str = "") -> None:
        """Queue an entry."""
        entry = AuditEntry(
            at_ms=self._clock.unix_ms(),
            user_id=caller.user_id,
            role=caller.role.value if caller.user_id else "",
            token_id=caller.token_id,
            peer=caller.peer[:_LONGEST_CHARACTERS],
            action=action[:_LONGEST_CHARACTERS],
            subject=subject[:_LONGEST_CHARACTERS],
            result=result,
            detail=detail[:_LONGEST_CHARACTERS],
        )
        self._queue(entry)

    def refused(self, caller: Caller, action: str, error: CyxWizError) -> None:
        """Queue a refusal, unless the same one was queued lately."""
        key = (caller.user_id, caller.token_id, caller.peer, action, error.code)
        now = self._clock.monotonic_seconds()
        if key in self._refusals and now - self._refusals[key] < SAME_REFUSAL_SECONDS:
            return
        self._refusals.pop(key, None)
        self._refusals[key] = now
        if len(self._refusals) > _MOST_REFUSALS:
            self._refusals.popitem(last=False)
        self.record(caller, action, result=error.code, detail=str(error))

    async def run(self) -> None:
        """Write what is queued until cancelled, and then once more."""
        try:
            while True:
                await self._filled.wait()
                await self.flush()
                await asyncio.sleep(COLLECT_SECONDS)
        finally:
            await self.flush()

    async def flush(self) -> None:
        """Write all that is queued now; what cannot be written stays queued."""
        self._filled.clear()
        while self._queued:
            some = self._queued[:BATCH_ENTRIES]
            try:
                await self._store.add_audit(some)
            except StoreUnavailable as failure:
                log_event(_logger, "audit_not_written", is_warning=True, waiting=len(self._queued), cause=str(failure))
                self._filled.set()
                return
            del self._queued[: len(some)]
        if self._dropped:
            log_event(_logger, "audit_entries_dropped", is_error=True, count=self._dropped)
            self._dropped = 0

    def _queue(self, entry: AuditEntry) -> None:
        if len(self._queued) >= CAPACITY_ENTRIES:
            self._dropped += 1
            return
        self._queued.append(entry)
        self._filled.set()
