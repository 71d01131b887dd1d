"""Look-ups of earlier jobs: many at once are one question, and nobody is left without an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from central_server.earlier_jobs import MOST_AT_ONCE, EarlierJobs
from shared.errors import StoreUnavailable


class SlowStore:
    """Answers what it is asked when told to, and remembers the questions."""

    def __init__(self, digests: Mapping[str, str]) -> None:
        self._digests = digests
        self.questions: list[list[str]] = []
        self.may_answer = asyncio.Event()
        self.is_broken = False

    async def content_digests(self, job_ids: Sequence[str]) -> Mapping[str, str]:
        self.questions.append(list(job_ids))
        await self.may_answer.wait()
        if self.is_broken:
            raise StoreUnavailable("the database is locked")
        return {job_id: self._digests[job_id] for job_id in job_ids if job_id in self._digests}


@pytest.fixture
def store() -> SlowStore:
    return SlowStore({"known": "digest"})


@pytest.fixture
def earlier(store: SlowStore) -> EarlierJobs:
    return EarlierJobs(store)  # type: ignore[arg-type]  # asks no more of a store


async def test_a_job_that_was_here_has_its_digest_and_another_has_none(store: SlowStore, earlier: EarlierJobs) -> None:
    store.may_answer.set()
    assert await earlier.content_digest("known") == "digest"
    assert await earlier.content_digest("new") == ""


async def test_whoever_asks_during_a_look_up_shares_the_next_one(store: SlowStore, earlier: EarlierJobs) -> None:
    async with asyncio.TaskGroup() as tasks:
        asking = [tasks.create_task(earlier.content_digest(name)) for name in ("a", "b", "known", "b", "c")]
        await asyncio.sleep(0)
        store.may_answer.set()
    assert [task.result() for task in asking] == ["", "", "digest", "", ""]
    assert [sorted(question) for question in store.questions] == [["a"], ["b", "c", "known"]]


async def test_one_question_holds_a_bounded_number_of_names(store: SlowStore, earlier: EarlierJobs) -> None:
    async with asyncio.TaskGroup() as tasks:
        for number in range(MOST_AT_ONCE + 2):
            tasks.create_task(earlier.content_digest(f"job-{number}"))
        await asyncio.sleep(0)
        store.may_answer.set()
    assert list(map(len, store.questions)) == [1, MOST_AT_ONCE, 1]


async def test_a_store_that_fails_fails_all_who_asked(store: SlowStore, earlier: EarlierJobs) -> None:
    store.is_broken = True
    store.may_answer.set()
    answers = await asyncio.gather(*map(earlier.content_digest, ("a", "b")), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable, StoreUnavailable]


async def test_a_caller_who_goes_leaves_the_others_their_answers(store: SlowStore, earlier: EarlierJobs) -> None:
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(earlier.content_digest("a"))
        second = tasks.create_task(earlier.content_digest("known"))
        await asyncio.sleep(0)
        first.cancel()
        store.may_answer.set()
    assert second.result() == "digest"
