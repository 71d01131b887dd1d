"""The audit log queues, writes in batches, keeps what could not be written, and writes the same refusal once."""

from collections.abc import Sequence

import pytest

from central_server.identity import audit_log
from central_server.identity.audit_entry import AuditEntry
from central_server.identity.audit_log import AuditLog
from central_server.identity.known_tokens import KnownTokens
from central_server.identity.security_store import AuditQuery
from central_server.identity.tokens import TokenRecord, new_token
from central_server.requests.caller import NOBODY, Caller
from shared.errors import NotAuthenticated, NotFound, StoreUnavailable
from shared.permissions import Role

ADA = Caller("ada", peer="10.0.0.9")


class HandClock:
    """Moved by hand."""

    now_seconds = 0.0

    def monotonic_seconds(self) -> float:
        return self.now_seconds

    def unix_ms(self) -> int:
        return int(self.now_seconds * 1000)


class MemoryStore:
    """A `SecurityStore` that may be down."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []
        self.records: dict[str, TokenRecord] = {}
        self.asked = 0
        self.is_down = False

    async def find_token(self, sha256: str) -> TokenRecord | None:
        self.asked += 1
        return self.records.get(sha256)

    async def tokens(self) -> tuple[TokenRecord, ...]:
        return tuple(self.records.values())

    async def add_token(self, record: TokenRecord) -> None:
        self.records[record.sha256] = record

    async def revoke_token(self, token_id: str, at_ms: int) -> TokenRecord | None:
        raise NotImplementedError

    async def add_audit(self, entries: Sequence[AuditEntry]) -> None:
        if self.is_down:
            raise StoreUnavailable("the disk is full")
        self.entries += entries

    async def list_audit(self, query: AuditQuery) -> tuple[AuditEntry, ...]:
        raise NotImplementedError


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


async def test_how_a_block_ends_is_written_with_what_it_was_about(store: MemoryStore, clock: HandClock) -> None:
    log = AuditLog(store, clock)
    with log.noting("A/B", ADA) as note:
        note.subject = "job"
    with pytest.raises(NotFound), log.noting("A/B", ADA):
        raise NotFound("there is none")
    with pytest.raises(KeyError), log.noting("A/B", ADA):
        raise KeyError
    await log.flush()
    assert [(entry.subject, entry.result) for entry in store.entries] == [
        ("job", "ok"),
        ("", "not_found"),
        ("", "internal"),
    ]


async def test_what_could_not_be_written_is_written_later_and_once(store: MemoryStore, clock: HandClock) -> None:
    log = AuditLog(store, clock)
    store.is_down = True
    log.record(ADA, "A/B")
    await log.flush()
    store.is_down = False
    log.record(ADA, "C/D")
    await log.flush()
    assert [entry.action for entry in store.entries] == ["A/B", "C/D"]


async def test_more_than_may_wait_is_dropped_and_the_oldest_stay(
    store: MemoryStore, clock: HandClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(audit_log, "CAPACITY_ENTRIES", 2)
    log = AuditLog(store, clock)
    for action in "abc":
        log.record(ADA, action)
    await log.flush()
    assert [entry.action for entry in store.entries] == ["a", "b"]
    assert "audit_entries_dropped" in caplog.text


async def test_the_same_refusal_is_written_once_a_minute(store: MemoryStore, clock: HandClock) -> None:
    log = AuditLog(store, clock)
    refusal = NotAuthenticated("no")
    for _ in range(100):
        log.refused(NOBODY, "A/B", refusal)
    log.refused(ADA, "A/B", refusal)
    clock.now_seconds = 61.0
    log.refused(NOBODY, "A/B", refusal)
    await log.flush()
    assert [entry.user_id for entry in store.entries] == ["", "ada", ""]


async def test_a_found_token_is_asked_for_again_after_two_seconds_and_after_a_revocation(
    store: MemoryStore, clock: HandClock
) -> None:
    known = KnownTokens(store, clock)
    _, record = new_token(name="", user_id="ada", role=Role.VIEWER, now_ms=0)
    await store.add_token(record)
    assert known.remembered(record.sha256) is None
    assert await known.find(record.sha256) == record
    assert known.remembered(record.sha256) == record
    known.forget()
    assert known.remembered(record.sha256) is None
    assert known.is_familiar(record.sha256)
    await known.find(record.sha256)
    clock.now_seconds = 2.5
    assert known.remembered(record.sha256) is None
