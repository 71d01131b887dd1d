"""Watches: one slot each, numbers that grow, and an end when the server stops."""

import pytest

from central_server.watchers import Watchers
from shared.errors import StoreUnavailable


async def test_a_slow_watcher_finds_one_change_and_not_a_backlog() -> None:
    watchers = Watchers(1)
    with watchers.watch("job") as watch:
        for _ in range(5):
            watchers.job_changed("job")
        assert await watch.wait(0)
        assert not await watch.wait(0)


async def test_changes_of_other_jobs_are_not_seen() -> None:
    watchers = Watchers(1)
    with watchers.watch("job") as watch:
        watchers.job_changed("other")
        assert not await watch.wait(0)


def test_sequences_grow_over_a_restart() -> None:
    before = Watchers(1_000)
    before.job_changed("job")
    after = Watchers(1_001)
    assert after.sequence("job") > before.sequence("job") > Watchers(1_000).sequence("job")


def test_a_watcher_from_before_the_clock_was_set_back_begins_anew() -> None:
    before = Watchers(86_400_000)
    before.job_changed("job")
    seen = before.sequence("job")
    assert before.place_of(seen) == seen
    assert Watchers(1_000).place_of(seen) == 0


async def test_a_stopping_server_ends_watches_now_and_later() -> None:
    watchers = Watchers(1)
    with watchers.watch("job") as early:
        watchers.close()
        with pytest.raises(StoreUnavailable):
            await early.wait()
    with watchers.watch("job") as late, pytest.raises(StoreUnavailable):
        await late.wait()


def test_nothing_is_kept_of_a_watch_that_is_over() -> None:
    watchers = Watchers(1)
    with watchers.watch("job"), watchers.watch("job"):
        pass
    watchers.forget("job")
    assert not watchers._watches
    assert not watchers._sequences
