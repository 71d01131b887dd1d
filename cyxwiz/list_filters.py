"""Checks what a listing of jobs is asked for, before anybody is asked."""

from __future__ import annotations

from shared.did_you_mean import did_you_mean, quoted
from shared.errors import InvalidField
from shared.lifecycle import JobState

STATES_IN_WORDS = ", ".join(JobState)
"""Every state of a job, as a person writes it."""


def checked_state(state: JobState | str | None) -> JobState | None:
    """Return the state that is meant; None and the empty text mean any.

    Raises:
        InvalidField: there is no such state.
    """
    if not state:
        return None
    try:
        return JobState(state)
    except ValueError as error:
        hint = did_you_mean(str(state), JobState)
        raise InvalidField(
            f"state must be one of {STATES_IN_WORDS}, got {quoted(state)}{hint}", field="state"
        ) from error


def checked_limit(limit: int) -> int:
    """Return `limit` when so many jobs can be asked for.

    Raises:
        InvalidField: it is no whole number from 1.
    """
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise InvalidField(f"limit must be a whole number, got {quoted(limit)}", field="limit")
    if limit < 1:
        raise InvalidField(f"limit must be >= 1, got {limit}", field="limit")
    return limit
