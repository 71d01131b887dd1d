"""The memory of jobs that ended a moment ago."""

from __future__ import annotations

from central_server.scheduler.recently_ended import RecentlyEnded
from shared.lifecycle import JobState
from tests.builders import A_MODEL, a_job


def test_the_oldest_are_forgotten_beyond_the_number() -> None:
    ended = RecentlyEnded(most_jobs=2, most_bytes=10**6)
    for job_id in "abc":
        ended.put(a_job(job_id, state=JobState.FAILED))
    assert [ended.get(job_id) is not None for job_id in "abc"] == [False, True, True]


def test_large_definitions_are_forgotten_sooner() -> None:
    ended = RecentlyEnded(most_jobs=100, most_bytes=2 * len(A_MODEL))
    for job_id in "abc":
        ended.put(a_job(job_id, state=JobState.FAILED))
    assert ended.get("a") is None
    assert ended.get("c") is not None


def test_forgetting_makes_room_again() -> None:
    ended = RecentlyEnded(most_jobs=100, most_bytes=len(A_MODEL))
    ended.put(a_job("a", state=JobState.FAILED))
    ended.remove("a")
    ended.remove("nobody")
    ended.put(a_job("b", state=JobState.FAILED))
    assert ended.get("b") is not None
