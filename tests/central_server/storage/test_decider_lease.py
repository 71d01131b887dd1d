"""Of several servers on one PostgreSQL database one decides, and what a former one still wants to write is refused."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import create_engine, make_url, select, update

from central_server.ports import Telemetry
from central_server.scheduler.effects import RemoveJob, SaveJob
from central_server.storage.store import SqlStore
from central_server.storage.tables import decider
from shared.errors import NotTheDecider, WrongState
from tests.builders import a_job


@pytest.fixture
async def first(postgresql_url: str) -> AsyncIterator[SqlStore]:
    """The store of a server that decides."""
    store = SqlStore.open(postgresql_url, address="first:1")
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def second(first: SqlStore, postgresql_url: str) -> AsyncIterator[SqlStore]:
    """The store of a server that joined after it."""
    store = SqlStore.join(postgresql_url)
    try:
        yield store
    finally:
        await store.close()


def let_the_lease_run_out(store: SqlStore) -> None:
    with store._engines.writer.begin() as connection:
        connection.execute(update(decider).values(expires_at_ms=0))


async def test_while_one_decides_no_other_can_and_it_learns_who_does(first: SqlStore, second: SqlStore) -> None:
    assert not second.lock.take("second:1")
    assert (second.lock.holder, second.lock.is_held, first.lock.is_held) == ("first:1", False, True)


async def test_a_server_that_stands_by_reads_what_the_decider_wrote_and_writes_nothing(
    first: SqlStore, second: SqlStore
) -> None:
    await first.commit([SaveJob(a_job("seen"))])
    assert await second.find_job("seen") == a_job("seen")
    for attempt in (
        second.commit([SaveJob(a_job("other"))]),
        second.commit([RemoveJob("seen")]),
        second.prove_writable(),
        second.add_telemetry([], []),
        second.drop_telemetry(["seen"], [Telemetry.LOGS], limit=1),
    ):
        with pytest.raises(NotTheDecider, match="first:1"):
            await attempt
    assert await first.find_job("seen") is not None


async def test_a_former_decider_that_wakes_after_another_took_over_writes_nothing(
    first: SqlStore, second: SqlStore
) -> None:
    let_the_lease_run_out(first)
    assert second.lock.take("second:1")
    await second.commit([SaveJob(a_job("new"))])
    assert first.lock.is_held  # by its own clock; what counts is the epoch in the database
    for attempt in (
        first.commit([SaveJob(a_job("late"))]),
        first.commit([RemoveJob("new")]),
        first.drop_telemetry(["new"], [Telemetry.METRICS], limit=1),
    ):
        with pytest.raises(NotTheDecider, match="second:1"):
            await attempt
    assert [job.job_id for job in (await second.load()).jobs] == ["new"]


async def test_a_former_decider_cannot_renew_and_one_whose_lease_ran_out_unnoticed_can(
    first: SqlStore, second: SqlStore
) -> None:
    let_the_lease_run_out(first)
    first.lock.renew()
    assert not second.lock.take("second:1")
    let_the_lease_run_out(first)
    assert second.lock.take("second:1")
    with pytest.raises(NotTheDecider):
        first.lock.renew()


async def test_taking_over_waits_for_the_last_transaction_of_the_former_decider(
    first: SqlStore, second: SqlStore
) -> None:
    let_the_lease_run_out(first)
    with first._engines.writer.begin() as connection:
        first.lock.fence(connection)
        taking = asyncio.create_task(asyncio.to_thread(second.lock.take, "second:1"))  # noqa: TID251 - awaited below
        await asyncio.sleep(0.2)
        assert not taking.done()
    assert await taking


async def test_a_renewal_does_not_wait_for_a_transaction(first: SqlStore) -> None:
    with first._engines.writer.begin() as connection:
        first.lock.fence(connection)
        await asyncio.wait_for(asyncio.to_thread(first.lock.renew), 1.0)


async def test_a_decider_that_stops_in_order_makes_room_at_once(first: SqlStore, second: SqlStore) -> None:
    first.lock.release()
    assert second.lock.take("second:1")


def test_opening_to_write_is_refused_while_another_server_decides(first: SqlStore, postgresql_url: str) -> None:
    with pytest.raises(WrongState, match="first:1"):
        SqlStore.open(postgresql_url)


async def test_each_decider_has_a_later_epoch(postgresql_url: str) -> None:
    epochs = []
    engine = create_engine(make_url(postgresql_url).set(drivername="postgresql+psycopg"))
    for _ in range(2):
        store = SqlStore.open(postgresql_url)
        with engine.connect() as connection:
            epochs.append(connection.scalar(select(decider.c.epoch)))
        await store.close()
    engine.dispose()
    assert epochs == [1, 2]
