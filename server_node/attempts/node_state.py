"""The node's core: one event in, instructions out. It dispatches; the modules beside it decide.

It is given the time with each event, reads no clock, and never does anything itself. Within one answer, records for
the journal are to be obeyed before everything else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import assert_never

from server_node.attempts import ends, leases, offers, session, stops
from server_node.attempts.book import CoreSettings, NodeBook, NodeIdentity
from server_node.attempts.events import (
    AttemptMoved,
    AttemptStopped,
    AttemptWedged,
    CheckpointUploaded,
    DescriptionChanged,
    EndDeliverable,
    Event,
    LinkClosed,
    LinkOpened,
    MessageArrived,
    PlanMade,
    ResultLost,
    ShutdownBegan,
    Ticked,
)
from server_node.attempts.held import Held
from server_node.attempts.instructions import CloseLink, DeliverEnd, Instruction, MakePlan
from shared.errors import MachineFailure
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState, can_advance_attempt
from shared.node_messages import (
    AttemptEnded,
    CheckpointStored,
    EndAcknowledged,
    Goodbye,
    HeartbeatAck,
    NodeChanged,
    NodeDescription,
    OfferAttempt,
    PlanAnswer,
    PlanRequest,
    ServerMessage,
    StopAttempt,
    StoredCheckpoint,
    Welcome,
)


class NodeState:
    """Everything this node has decided so far.

    Args:
        interrupted: attempts that an earlier process began and did not end.
        unacknowledged: ends that an earlier process wrote and could not say.
    """

    def __init__(
        self,
        identity: NodeIdentity,
        description: NodeDescription,
        *,
        settings: CoreSettings | None = None,
        interrupted: Iterable[AttemptKey] = (),
        unacknowledged: Iterable[AttemptEnded] = (),
    ) -> None:
        self._book = NodeBook(identity, description, settings or CoreSettings())
        for key in interrupted:
            self._book.attempts[key] = Held(key, AttemptState.STARTING, is_interrupted=True, is_journalled=True)
        for ended in unacknowledged:
            state = AttemptState(ended.outcome.value)
            self._book.attempts[ended.key] = Held(ended.key, state, ended=ended, is_journalled=True)

    def begin(self) -> list[Instruction]:
        """Return what is to be done before the first event: the ends of an earlier process are delivered."""
        return [DeliverEnd(held.ended) for held in self._book.attempts.values() if held.ended is not None]

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """Take one event at the monotonic second `now` and return what to do, in order."""
        return [*self._dispatch(event, now), *stops.exit_if_idle(self._book)]

    def next_deadline_seconds(self) -> float:
        """Return the monotonic second at which a `Ticked` is due; infinity when nothing waits for time."""
        book = self._book
        deadlines = [held.lease_until_seconds for held in book.with_thread() if held.stop_mode is None]
        if book.link is not None and book.link.session_id:
            deadlines += [book.link.next_beat_seconds, session.silence_deadline(book, book.link)]
            resend = book.settings.resend_seconds
            said = (held.said_at_seconds for held in book.attempts.values())
            deadlines += [at + resend for at in said if at is not None]
        return min(deadlines, default=float("inf"))

    @property
    def book(self) -> NodeBook:
        """Everything held, for simulations that look at both sides; nobody else reads or changes it."""
        return self._book

    @property
    def is_welcome(self) -> bool:
        """Whether the server has welcomed the present link."""
        return self._book.link is not None and bool(self._book.link.session_id)

    @property
    def is_ready(self) -> bool:
        """Whether work can be taken."""
        return self._book.takes_work

    @property
    def has_running_attempts(self) -> bool:
        """Whether any attempt occupies a device."""
        return bool(self._book.with_thread())

    @property
    def has_unsaid_ends(self) -> bool:
        """Whether the server has still to acknowledge an end."""
        return any(held.ended is not None for held in self._book.attempts.values())

    def _dispatch(self, event: Event, now: float) -> list[Instruction]:  # noqa: C901, PLR0911, PLR0912 - one case an event
        book = self._book
        match event:
            case LinkOpened(link):
                return session.link_opened(book, link, now)
            case MessageArrived(link, message):
                return self._hear(link, message, now)
            case LinkClosed(link):
                return session.link_closed(book, link)
            case AttemptMoved():
                return _attempt_moved(book, event)
            case AttemptStopped(ended):
                return ends.attempt_stopped(book, ended)
            case EndDeliverable(key, checkpoint):
                return ends.end_deliverable(book, key, checkpoint, now)
            case CheckpointUploaded(key, checkpoint):
                return _checkpoint_uploaded(book, key, checkpoint)
            case ResultLost(key, why):
                return ends.result_lost(book, key, why)
            case AttemptWedged(key, waited_seconds):
                return stops.attempt_wedged(book, key, waited_seconds)
            case DescriptionChanged(description):
                session.described(book, description)
                return book.say(NodeChanged(session.offered_description(book)))
            case PlanMade(answer):
                return book.say(answer)
            case ShutdownBegan():
                return stops.shutdown_began(book)
            case Ticked(ram_available_bytes):
                return _ticked(book, ram_available_bytes, now)
            case _:
                assert_never(event)

    def _hear(self, number: int, message: ServerMessage, now: float) -> list[Instruction]:
        link = self._book.link
        if link is None or link.number != number:
            return []
        link.heard_seconds = now
        return _obey(self._book, message, now)


def _obey(book: NodeBook, message: ServerMessage, now: float) -> list[Instruction]:  # noqa: PLR0911 - one case a message
    match message:
        case Welcome():
            return session.welcomed(book, message, now)
        case HeartbeatAck(sequence):
            return leases.heartbeat_acknowledged(book, sequence)
        case OfferAttempt():
            return offers.attempt_offered(book, message, now)
        case StopAttempt():
            return stops.stop_requested(book, message, now)
        case EndAcknowledged(key):
            return ends.end_acknowledged(book, key)
        case PlanRequest():
            return _plan_asked(book, message)
        case Goodbye(code, text):
            assert book.link is not None
            return [CloseLink(book.link.number, f"{code}: {text}")]
        case _:
            assert_never(message)


def _plan_asked(book: NodeBook, request: PlanRequest) -> list[Instruction]:
    if not book.is_shutting_down:
        return [MakePlan(request)]
    why = "the node is shutting down; ask again"
    return book.say(PlanAnswer(request.request_id, error_code=MachineFailure.code, message=why))


def _attempt_moved(book: NodeBook, moved: AttemptMoved) -> list[Instruction]:
    held = book.attempts.get(moved.key)
    if held is None or not held.has_thread:
        return []
    held.memory_bytes = moved.memory_bytes or held.memory_bytes
    held.resumed_from_step = moved.resumed_from_step
    held.first_step_at_ms = moved.first_step_at_ms or held.first_step_at_ms
    if can_advance_attempt(held.state, moved.state):
        held.state = moved.state
    return [] if held.is_abandoned else book.say(held.as_report())


def _checkpoint_uploaded(book: NodeBook, key: AttemptKey, checkpoint: StoredCheckpoint) -> list[Instruction]:
    """Say where the job can go on; of an attempt that has ended its end says so, or nobody."""
    held = book.attempts.get(key)
    if held is None or not held.has_thread or held.is_abandoned:
        return []
    held.checkpoint = checkpoint
    return book.say(CheckpointStored(key, checkpoint))


def _ticked(book: NodeBook, ram_available_bytes: int, now: float) -> list[Instruction]:
    book.description = dataclasses.replace(book.description, ram_available_bytes=ram_available_bytes)
    instructions = [*leases.stop_expired(book, now), *session.give_up_silent_link(book, now)]
    instructions += leases.send_heartbeat(book, now)
    for held in book.attempts.values():
        if held.said_at_seconds is not None and now - held.said_at_seconds >= book.settings.resend_seconds:
            instructions += ends.say_end(book, held, now)
    return instructions
