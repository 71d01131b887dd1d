"""How attempts end: journalled first, delivered, said until acknowledged, then forgotten."""

from __future__ import annotations

import dataclasses

from server_node.attempts.book import NodeBook
from server_node.attempts.held import Held
from server_node.attempts.instructions import (
    DeliverEnd,
    DropCheckpoint,
    DropResult,
    Instruction,
    Note,
    RecordBegun,
    RecordEnded,
    RecordForgotten,
    StartAttempt,
)
from shared.errors import MachineFailure
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_messages import AttemptEnded, Outcome, StopMode, StoredCheckpoint

_STATES = {outcome: AttemptState(outcome.value) for outcome in Outcome}


def attempt_stopped(book: NodeBook, ended: AttemptEnded) -> list[Instruction]:
    """The thread is gone: the end stands, unless the attempt was fenced; whoever waited for it may start."""
    held = book.attempts.get(ended.key)
    if held is None or not held.is_unfinished:
        return [Note("attempt_stopped_unknown", (("attempt", ended.key),))]
    instructions = forget(book, held) if held.is_abandoned else end(held, ended)
    return [*instructions, *_start_waiting(book, ended.key.job_id)]


def end(held: Held, ended: AttemptEnded) -> list[Instruction]:
    """Settle how an attempt ended; from the journal record on, nothing changes it."""
    held.advance_to(_STATES[ended.outcome])
    held.ended = ended
    held.is_journalled = True
    held.is_interrupted = False
    fields = (("attempt", ended.key), ("outcome", ended.outcome.value), ("step", ended.step), ("why", ended.message))
    return [RecordEnded(ended), Note("attempt_ended", fields), DeliverEnd(ended)]


def end_without_running(held: Held, mode: StopMode, why: str) -> list[Instruction]:
    """End an attempt that has no thread, as its stop mode asks; its checkpoint, if any, stays."""
    outcome = Outcome.CANCELLED if mode is StopMode.CANCEL else Outcome.PREEMPTED
    return end(held, AttemptEnded(held.key, outcome, message=why))


def forget(book: NodeBook, held: Held) -> list[Instruction]:
    """Drop an attempt that nobody will ask for; its checkpoint stays, the job may come back."""
    del book.attempts[held.key]
    record: list[Instruction] = [RecordForgotten(held.key)] if held.is_journalled else []
    return [*record, DropResult(held.key)]


def end_deliverable(
    book: NodeBook, key: AttemptKey, checkpoint: StoredCheckpoint | None, now: float
) -> list[Instruction]:
    """The server has all that belongs to the end: say it."""
    held = book.attempts.get(key)
    if held is None or held.ended is None:
        return []
    held.is_deliverable = True
    if checkpoint is not None:
        held.ended = dataclasses.replace(held.ended, checkpoint=checkpoint)
    return say_end(book, held, now)


def result_lost(book: NodeBook, key: AttemptKey, why: str) -> list[Instruction]:
    """A result that nobody can have is a failure of this node's disk, and is journalled as that."""
    held = book.attempts.get(key)
    if held is None or held.ended is None:
        return []
    held.state = AttemptState.FAILED  # not a move of the attempt: what was believed of it is corrected
    held.ended = dataclasses.replace(
        held.ended, outcome=Outcome.FAILED, error_code=MachineFailure.code, message=why, files=()
    )
    return [RecordEnded(held.ended), DeliverEnd(held.ended)]


def say_end(book: NodeBook, held: Held, now: float) -> list[Instruction]:
    """Say an end that may be said, and remember when."""
    if held.ended is None or not held.is_deliverable:
        return []
    sends = book.say(held.ended)
    held.said_at_seconds = now if sends else None
    return sends


def end_acknowledged(book: NodeBook, key: AttemptKey) -> list[Instruction]:
    """The end is durable on the server: drop everything of the attempt, and the checkpoint of a job that is over."""
    held = book.attempts.get(key)
    if held is None or held.ended is None:
        return []
    instructions = forget(book, held)
    if not _may_resume(held, held.ended.outcome) and not list(book.of_job(key.job_id)):
        instructions.append(DropCheckpoint(key.job_id))
    return instructions


def _may_resume(held: Held, outcome: Outcome) -> bool:
    if outcome is Outcome.FAILED:
        return held.offer is not None and held.offer.spec.retry.max_failures > 0
    return outcome in {Outcome.PREEMPTED, Outcome.DECLINED}


def _start_waiting(book: NodeBook, job_id: str) -> list[Instruction]:
    held_of_job = list(book.of_job(job_id))
    if any(held.has_thread for held in held_of_job):
        return []
    waiting = next((held for held in held_of_job if held.state is AttemptState.OFFERED), None)
    return [] if waiting is None else start(waiting)


def start(held: Held) -> list[Instruction]:
    """Begin to run an attempt whose offer was taken."""
    assert held.offer is not None
    held.advance_to(AttemptState.STARTING)
    held.is_journalled = True
    return [RecordBegun(held.key), StartAttempt(held.offer)]
