"""Draws the state machines of `shared/lifecycle.py` for `docs/internals/lifecycle.md`, from the tables themselves.

`python -m shared.lifecycle_page > docs/internals/lifecycle.md`. A test holds the file against this.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Set
from enum import StrEnum
from typing import TypeVar

from shared.lifecycle import (
    ATTEMPT_TRANSITIONS,
    JOB_TRANSITIONS,
    AttemptState,
    JobState,
    attempt_has_ended,
    job_has_ended,
)

_HEAD = """\
# The states of a job and of an attempt

Made from the code by `python -m shared.lifecycle_page`; do not edit.

A *job* is what somebody asked for; an *attempt* is one try at it on one node. Both machines are tables in
`shared/lifecycle.py`, used by both sides; a step that is not in a table is a fault of ours, or of the other end of a
stream, and never a state. Why something is so stands beside the state as a reason, not in another state.

"""
_JOBS = """\
## Jobs

The central server alone moves them. Back to `queued` goes a job whose attempt ended in a way that its retries forgive.

"""
_ATTEMPTS = """\

## Attempts

The node reports them, the server keeps them. A node may finish before its first report arrives, so that every end can
follow every live state. Only the server says `lost`, when a lease has run out, and only the node `declined`, when the
compiler's account did not fit after all.

"""

_State = TypeVar("_State", bound=StrEnum)


def lifecycle_page() -> str:
    """Return the page."""
    jobs = _diagram(JOB_TRANSITIONS, JobState.QUEUED, {state for state in JobState if job_has_ended(state)})
    ended = {state for state in AttemptState if attempt_has_ended(state)}
    attempts = _diagram(ATTEMPT_TRANSITIONS, AttemptState.OFFERED, ended)
    return (
        f"{_HEAD}{_JOBS}{jobs}\n{_table(JobState, JOB_TRANSITIONS)}"
        f"{_ATTEMPTS}{attempts}\n{_table(AttemptState, ATTEMPT_TRANSITIONS)}"
    )


def _diagram(table: Mapping[_State, Set[_State]], first: _State, ended: Set[_State]) -> str:
    arrows = [f"    [*] --> {first}"]
    arrows += [f"    {state} --> {after}" for state in table for after in sorted(table[state])]
    arrows += [f"    {state} --> [*]" for state in sorted(ended)]
    return "```mermaid\nstateDiagram-v2\n" + "\n".join(arrows) + "\n```\n"


def _table(states: type[_State], table: Mapping[_State, Set[_State]]) -> str:
    return "| from | to |\n|---|---|\n" + "".join(_rows(states, table))


def _rows(states: type[_State], table: Mapping[_State, Set[_State]]) -> Iterator[str]:
    for state in states:
        after = [f"`{each}`" for each in states if each in table[state]]
        yield f"| `{state}` | {', '.join(after) or 'nothing: it has ended'} |\n"


if __name__ == "__main__":
    sys.stdout.write(lifecycle_page())
