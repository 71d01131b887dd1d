"""THE state machines of attempts and jobs: two tables and the functions that walk them.

Both sides use them and nobody else writes a state. A transition that is not in a table is a fault of ours
(`OurBug`); code that faces the other side of a stream asks `can_advance_*` first and treats a "no" as the peer's.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from shared.errors import OurBug


class AttemptState(StrEnum):
    """Where one try of a job stands."""

    OFFERED = "offered"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PREEMPTED = "preempted"
    LOST = "lost"
    DECLINED = "declined"


class JobState(StrEnum):
    """Where a job stands, as people see it."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


_A = AttemptState
_ENDED_ATTEMPT = frozenset({_A.SUCCEEDED, _A.FAILED, _A.CANCELLED, _A.PREEMPTED, _A.LOST, _A.DECLINED})
_ENDS_OF_A_STARTED_ATTEMPT = _ENDED_ATTEMPT - {_A.DECLINED}

ATTEMPT_TRANSITIONS = MappingProxyType(
    {
        # A node may finish before its first report arrives, so every end is reachable from every live state.
        _A.OFFERED: frozenset({_A.STARTING, _A.RUNNING, _A.STOPPING}) | _ENDED_ATTEMPT,
        # DECLINED: the compiler's account did not fit after all.
        _A.STARTING: frozenset({_A.RUNNING, _A.STOPPING}) | _ENDED_ATTEMPT,
        _A.RUNNING: frozenset({_A.STOPPING}) | _ENDS_OF_A_STARTED_ATTEMPT,
        _A.STOPPING: _ENDED_ATTEMPT,
        **{ended: frozenset[AttemptState]() for ended in _ENDED_ATTEMPT},
    }
)
"""What may follow each state of an attempt. Only the central server may say LOST."""

_J = JobState
_ENDED_JOB = frozenset({_J.SUCCEEDED, _J.FAILED, _J.CANCELLED})

JOB_TRANSITIONS = MappingProxyType(
    {
        _J.QUEUED: frozenset({_J.RUNNING, _J.PAUSED, _J.FAILED, _J.CANCELLED}),
        _J.RUNNING: frozenset({_J.STOPPING, _J.QUEUED}) | _ENDED_JOB,
        # A result that crosses a cancel or a pause stands, if the node had written it first.
        _J.STOPPING: frozenset({_J.QUEUED, _J.PAUSED}) | _ENDED_JOB,
        _J.PAUSED: frozenset({_J.QUEUED, _J.CANCELLED}),
        **{ended: frozenset[JobState]() for ended in _ENDED_JOB},
    }
)
"""What may follow each state of a job."""


def attempt_has_ended(state: AttemptState) -> bool:
    """Tell whether nothing can follow `state`."""
    return state in _ENDED_ATTEMPT


def job_has_ended(state: JobState) -> bool:
    """Tell whether nothing can follow `state`."""
    return state in _ENDED_JOB


def can_advance_attempt(now: AttemptState, to: AttemptState) -> bool:
    """Tell whether an attempt in `now` may move to `to`; staying is not moving."""
    return to in ATTEMPT_TRANSITIONS[now]


def can_advance_job(now: JobState, to: JobState) -> bool:
    """Tell whether a job in `now` may move to `to`; staying is not moving."""
    return to in JOB_TRANSITIONS[now]


def advance_attempt(now: AttemptState, to: AttemptState) -> AttemptState:
    """Return `to`.

    Raises:
        OurBug: the table does not allow it.
    """
    if not can_advance_attempt(now, to):
        raise OurBug(f"an attempt cannot go from {now} to {to}")
    return to


def advance_job(now: JobState, to: JobState) -> JobState:
    """Return `to`.

    Raises:
        OurBug: the table does not allow it.
    """
    if not can_advance_job(now, to):
        raise OurBug(f"a job cannot go from {now} to {to}")
    return to
