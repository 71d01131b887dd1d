"""The life of a link: Hello, the server's verdicts, silence, and what is said again on a new one."""

from __future__ import annotations

import dataclasses
from typing import assert_never

from server_node.attempts.book import Link, NodeBook
from server_node.attempts.ends import forget, say_end
from server_node.attempts.held import Held
from server_node.attempts.instructions import CloseLink, Instruction, Note, OpenTelemetry, Send
from server_node.attempts.leases import lease_until, send_heartbeat
from server_node.attempts.stops import stop_held
from shared.node_messages import (
    PROTOCOL_VERSION,
    CheckpointStored,
    HeldVerdict,
    Hello,
    NodeDescription,
    StopMode,
    Verdict,
    Welcome,
)


def link_opened(book: NodeBook, number: int, now: float) -> list[Instruction]:
    """Introduce this node, with everything it holds."""
    book.link = Link(number, opened_seconds=now, heard_seconds=now, asked_seconds=now)
    for held in book.attempts.values():
        held.said_at_seconds = None
    return [Send(number, _hello(book))]


def link_closed(book: NodeBook, number: int) -> list[Instruction]:
    """Nothing ends with a link: attempts go on while their leases last."""
    if book.link is not None and book.link.number == number:
        book.link = None
    return []


def welcomed(book: NodeBook, welcome: Welcome, now: float) -> list[Instruction]:
    """The server took us in: follow its verdicts, then say again whatever it may have missed."""
    link = book.link
    assert link is not None
    link.session_id = welcome.session_id
    link.lease_seconds = welcome.lease_seconds
    link.heartbeat_seconds = welcome.heartbeat_seconds
    link.next_beat_seconds = now
    instructions: list[Instruction] = [
        Note("welcomed", (("session", welcome.session_id), ("held", len(book.attempts)))),
        OpenTelemetry(welcome.session_id),
    ]
    for verdict in welcome.verdicts:
        instructions += _follow(book, verdict)
    return [*instructions, *_say_again(book, now), *send_heartbeat(book, now)]


def give_up_silent_link(book: NodeBook, now: float) -> list[Instruction]:
    """A server that has said nothing for too long is dialled anew."""
    link = book.link
    if link is None or now < silence_deadline(book, link):
        return []
    book.link = None
    return [CloseLink(link.number, f"the server said nothing for {now - link.heard_seconds:.1f} s")]


def silence_deadline(book: NodeBook, link: Link) -> float:
    """Return when a link that stays silent is given up; before the welcome the dialler has its own deadline."""
    if not link.session_id:
        return float("inf")
    patience = max(3.0 * link.heartbeat_seconds, book.settings.silence_share * link.lease_seconds)
    return link.heard_seconds + min(patience, 0.7 * link.lease_seconds)


def described(book: NodeBook, description: NodeDescription) -> None:
    """Remember what this node is now."""
    book.description = description


def _hello(book: NodeBook) -> Hello:
    return Hello(
        node_id=book.identity.node_id,
        name=book.identity.name,
        protocol_version=PROTOCOL_VERSION,
        process_id=book.identity.process_id,
        description=offered_description(book),
        held=tuple(held.as_held() for held in book.attempts.values() if not held.is_abandoned),
    )


def offered_description(book: NodeBook) -> NodeDescription:
    """Return the description as the server may use it: a node that takes no work is not ready."""
    return dataclasses.replace(book.description, is_ready=book.takes_work)


def _follow(book: NodeBook, verdict: HeldVerdict) -> list[Instruction]:
    held = book.attempts.get(verdict.key)
    if held is None:
        return []
    match verdict.verdict:
        case Verdict.KEEP:
            return _keep(book, held)
        case Verdict.STOP:
            # An end that is already written is said anyway: a server that no longer wants it just acknowledges.
            return [] if held.ended is not None else stop_held(book, held, StopMode.ABANDON, "no longer wanted")
        case Verdict.FORGET:
            return _drop(book, held)
        case _:
            assert_never(verdict.verdict)


def _keep(book: NodeBook, held: Held) -> list[Instruction]:
    if held.is_interrupted:
        return stop_held(book, held, StopMode.CHECKPOINT, "the node's process ended while it ran")
    assert book.link is not None
    until = lease_until(book, book.link.opened_seconds, book.link.lease_seconds)
    held.lease_until_seconds = max(held.lease_until_seconds, until)
    return []


def _drop(book: NodeBook, held: Held) -> list[Instruction]:
    if held.has_thread:
        return stop_held(book, held, StopMode.ABANDON, "it is settled without us")
    return forget(book, held)


def _say_again(book: NodeBook, now: float) -> list[Instruction]:
    instructions: list[Instruction] = []
    for held in book.attempts.values():
        if held.ended is not None:
            instructions += say_end(book, held, now)
        elif not (held.is_abandoned or held.is_interrupted):
            instructions += book.say(held.as_report())
            if held.checkpoint is not None:
                instructions += book.say(CheckpointStored(held.key, held.checkpoint))
    return instructions
