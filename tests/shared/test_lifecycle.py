"""The two state machines, pair by pair. The tables here are written out on their own, as what people are promised."""

from __future__ import annotations

from itertools import product

import pytest

from shared.errors import OurBug
from shared.lifecycle import (
    AttemptState,
    JobState,
    advance_attempt,
    advance_job,
    attempt_has_ended,
    can_advance_attempt,
    can_advance_job,
    job_has_ended,
)

_ATTEMPT_ENDS = "succeeded failed cancelled preempted lost"
_ATTEMPTS = {
    "offered": f"starting running stopping {_ATTEMPT_ENDS} declined",
    "starting": f"running stopping {_ATTEMPT_ENDS} declined",
    "running": f"stopping {_ATTEMPT_ENDS}",
    "stopping": f"{_ATTEMPT_ENDS} declined",
}
_JOBS = {
    "queued": "running paused failed cancelled",
    "running": "stopping queued succeeded failed cancelled",
    "stopping": "queued paused succeeded failed cancelled",
    "paused": "queued cancelled",
}


@pytest.mark.parametrize(("now", "to"), tuple(product(AttemptState, AttemptState)))
def test_attempts_move_only_as_the_table_says(now: AttemptState, to: AttemptState) -> None:
    if to in _ATTEMPTS.get(now, "").split():
        assert can_advance_attempt(now, to)
        assert advance_attempt(now, to) is to
    else:
        assert not can_advance_attempt(now, to)
        with pytest.raises(OurBug, match=f"from {now} to {to}"):
            advance_attempt(now, to)


@pytest.mark.parametrize(("now", "to"), tuple(product(JobState, JobState)))
def test_jobs_move_only_as_the_table_says(now: JobState, to: JobState) -> None:
    if to in _JOBS.get(now, "").split():
        assert can_advance_job(now, to)
        assert advance_job(now, to) is to
    else:
        assert not can_advance_job(now, to)
        with pytest.raises(OurBug, match=f"from {now} to {to}"):
            advance_job(now, to)


@pytest.mark.parametrize("state", AttemptState)
def test_an_attempt_has_ended_exactly_when_nothing_follows(state: AttemptState) -> None:
    assert attempt_has_ended(state) == (state not in _ATTEMPTS)


@pytest.mark.parametrize("state", JobState)
def test_a_job_has_ended_exactly_when_nothing_follows(state: JobState) -> None:
    assert job_has_ended(state) == (state not in _JOBS)
