"""What becomes of a request to stop: by the server, by a verdict, or by our own shutdown."""

from __future__ import annotations

import dataclasses

from server_node.attempts.book import NodeBook
from server_node.attempts.ends import end_without_running, forget, say_end
from server_node.attempts.held import Held
from server_node.attempts.instructions import ExitForSupervisor, Instruction, Note, StopRunning
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_messages import AttemptEnded, NodeChanged, Outcome, StopAttempt, StopMode


def stop_requested(book: NodeBook, stop: StopAttempt, now: float) -> list[Instruction]:
    """Stop an attempt as asked; one we never had or no longer have is answered too, so that the server can go on."""
    held = book.attempts.get(stop.key)
    if held is None:
        return _answer_for_unknown(book, stop)
    if held.ended is not None:
        return forget(book, held) if stop.mode is StopMode.ABANDON else say_end(book, held, now)
    return stop_held(book, held, stop.mode, stop.reason)


def stop_held(book: NodeBook, held: Held, mode: StopMode, why: str) -> list[Instruction]:
    """Stop an attempt that has not ended; a later mode replaces an earlier, but saving never replaces cancelling."""
    if not held.has_thread:
        return forget(book, held) if mode is StopMode.ABANDON else end_without_running(held, mode, why)
    if held.stop_mode is StopMode.CANCEL and mode is StopMode.CHECKPOINT:
        return []
    held.stop_mode = mode
    held.advance_to(AttemptState.STOPPING)
    report: list[Instruction] = [] if mode is StopMode.ABANDON else book.say(held.as_report())
    return [StopRunning(held.key, mode), *report, Note("attempt_stopping", (("attempt", held.key), ("why", why)))]


def shutdown_began(book: NodeBook) -> list[Instruction]:
    """Take nothing new; every attempt saves itself and ends preempted, to be resumed here or elsewhere."""
    book.is_shutting_down = True
    return [*_say_not_ready(book), *_stop_all(book, "the node is shutting down")]


def attempt_wedged(book: NodeBook, key: AttemptKey, waited_seconds: float) -> list[Instruction]:
    """A device is stuck: nothing can free it but a new process, so save the others and make way for one."""
    why = f"attempt {key} did not stop within {waited_seconds:.0f} s"
    book.attempts.pop(key, None)
    if book.wedged_reason:
        return [Note("device_wedged", (("why", why),))]
    book.wedged_reason = why
    return [Note("device_wedged", (("why", why),)), *_say_not_ready(book), *_stop_all(book, why)]


def exit_if_idle(book: NodeBook) -> list[Instruction]:
    """Once a node with a stuck device has no other attempt left, ask for a new process; once."""
    if not book.wedged_reason or book.has_exited or book.with_thread():
        return []
    book.has_exited = True
    return [ExitForSupervisor(book.wedged_reason)]


def _say_not_ready(book: NodeBook) -> list[Instruction]:
    changed = dataclasses.replace(book.description, is_ready=False)
    return book.say(NodeChanged(changed))


def _stop_all(book: NodeBook, why: str) -> list[Instruction]:
    unfinished = [held for held in book.attempts.values() if held.is_unfinished and held.stop_mode is None]
    return [step for held in unfinished for step in stop_held(book, held, StopMode.CHECKPOINT, why)]


def _answer_for_unknown(book: NodeBook, stop: StopAttempt) -> list[Instruction]:
    if stop.mode is StopMode.ABANDON:
        return []
    outcome = Outcome.CANCELLED if stop.mode is StopMode.CANCEL else Outcome.PREEMPTED
    return book.say(AttemptEnded(stop.key, outcome, message="it does not run on this node"))
