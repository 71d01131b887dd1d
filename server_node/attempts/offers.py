"""What becomes of an offer: taken once however often it comes, or declined with a reason.

While an older attempt of the same job is still leaving, a new one waits.
"""

from __future__ import annotations

from server_node.attempts.book import NodeBook
from server_node.attempts.ends import forget, say_end, start
from server_node.attempts.held import Held
from server_node.attempts.instructions import Instruction, Note, StopRunning
from server_node.attempts.leases import first_lease_until
from server_node.attempts.slots import reason_to_decline
from shared.lifecycle import AttemptState
from shared.node_messages import AttemptEnded, OfferAttempt, Outcome, StopMode


def attempt_offered(book: NodeBook, offer: OfferAttempt, now: float) -> list[Instruction]:
    """Take the offer, or say why not; a repeated one is answered with where its attempt stands."""
    known = book.attempts.get(offer.key)
    if known is not None and not known.is_interrupted:
        return _answer_again(book, known, offer, now)
    forgotten = [] if known is None else forget(book, known)
    refusal = reason_to_decline(book, offer)
    taken = _take(book, offer) if refusal is None else _decline(book, offer, now, *refusal)
    return [*forgotten, *taken]


def _answer_again(book: NodeBook, held: Held, offer: OfferAttempt, now: float) -> list[Instruction]:
    if held.ended is not None:
        return say_end(book, held, now)
    held.lease_until_seconds = max(held.lease_until_seconds, first_lease_until(book, offer.lease_seconds))
    return book.say(held.as_report())


def _decline(book: NodeBook, offer: OfferAttempt, now: float, code: str, why: str) -> list[Instruction]:
    ended = AttemptEnded(offer.key, Outcome.DECLINED, error_code=code, message=why)
    held = Held(offer.key, AttemptState.DECLINED, offer, ended=ended, is_deliverable=True)
    book.attempts[offer.key] = held
    return [Note("attempt_declined", (("attempt", offer.key), ("why", why))), *say_end(book, held, now)]


def _take(book: NodeBook, offer: OfferAttempt) -> list[Instruction]:
    older = [held for held in book.of_job(offer.key.job_id) if held.is_unfinished]
    until = first_lease_until(book, offer.lease_seconds)
    held = Held(offer.key, AttemptState.OFFERED, offer, lease_until_seconds=until, memory_bytes=offer.memory_bytes)
    book.attempts[offer.key] = held
    stops = [instruction for old in older for instruction in _make_room(book, old)]
    begun = [] if any(old.has_thread for old in older) else start(held)
    return [*stops, *begun, *book.say(held.as_report())]


def _make_room(book: NodeBook, old: Held) -> list[Instruction]:
    """Two attempts of one job would share a checkpoint: the server made a newer one, so the older is fenced."""
    if not old.has_thread:
        return forget(book, old)
    old.stop_mode = StopMode.ABANDON
    old.advance_to(AttemptState.STOPPING)
    return [StopRunning(old.key, StopMode.ABANDON)]
