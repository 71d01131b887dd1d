"""Until when an attempt may run without a word from the server: counted from a heartbeat's sending, never too long.

The server counts from when the heartbeat arrived. Our deadline lies before that one by a margin for stopping.
"""

from __future__ import annotations

from server_node.attempts.book import NodeBook
from server_node.attempts.instructions import Instruction, Note, StopRunning
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_messages import Heartbeat, StopMode


def lease_until(book: NodeBook, sent_seconds: float, lease_seconds: float) -> float:
    """Return when an attempt must begin to stop, if its lease was asked for at `sent_seconds`."""
    return sent_seconds + lease_seconds * (1.0 - book.settings.lease_margin_share)


def first_lease_until(book: NodeBook, lease_seconds: float) -> float:
    """Return when an attempt that has just been offered must begin to stop.

    An offer may have been under way for long, and the server counts from when it wrote it: after it had heard the
    newest heartbeat that it has acknowledged, and no earlier. From there we count.
    """
    assert book.link is not None, "offers come on a link"
    return lease_until(book, book.link.asked_seconds, lease_seconds)


def send_heartbeat(book: NodeBook, now: float) -> list[Instruction]:
    """Say that this node lives and what it holds, and when to say so next."""
    link = book.link
    if link is None or not link.session_id or now < link.next_beat_seconds:
        return []
    link.sequence += 1
    link.next_beat_seconds = now + link.heartbeat_seconds
    keys = tuple(held.key for held in book.attempts.values() if not (held.is_abandoned or held.is_interrupted))
    link.beats[link.sequence] = (now, keys)
    return book.say(Heartbeat(link.sequence, keys, book.description.ram_available_bytes))


def heartbeat_acknowledged(book: NodeBook, sequence: int) -> list[Instruction]:
    """The leases named in that heartbeat run anew from when it was sent."""
    assert book.link is not None
    sent_seconds, keys = book.link.beats.pop(sequence, (0.0, ()))
    book.link.asked_seconds = max(book.link.asked_seconds, sent_seconds)
    for older in [number for number in book.link.beats if number < sequence]:
        del book.link.beats[older]
    for key in keys:
        _renew(book, key, lease_until(book, sent_seconds, book.link.lease_seconds))
    return []


def _renew(book: NodeBook, key: AttemptKey, until: float) -> None:
    held = book.attempts.get(key)
    if held is not None:
        held.lease_until_seconds = max(held.lease_until_seconds, until)


def stop_expired(book: NodeBook, now: float) -> list[Instruction]:
    """Stop by ourselves what could not be renewed; each saves itself and ends preempted."""
    instructions: list[Instruction] = []
    for held in book.with_thread():
        if held.stop_mode is None and held.lease_until_seconds <= now:
            held.stop_mode = StopMode.CHECKPOINT
            held.advance_to(AttemptState.STOPPING)
            instructions += [
                Note("lease_ran_out", (("attempt", held.key),)),
                StopRunning(held.key, StopMode.CHECKPOINT),
            ]
    return instructions
