"""The node's one consumer of events: take a batch, decide, journal, obey. It keeps this order and decides nothing.

1  wait for an event or for the core's next deadline
2  take everything that is there
3  handle each → instructions
4  journal (one durable write), before anything is sent or started
5  obey, in order
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, assert_never

from server_node.attempts.events import Ticked
from server_node.attempts.instructions import (
    CloseLink,
    DeliverEnd,
    DropCheckpoint,
    DropResult,
    ExitForSupervisor,
    Instruction,
    JournalRecord,
    MakePlan,
    Note,
    OpenTelemetry,
    RecordBegun,
    RecordEnded,
    RecordForgotten,
    Send,
    StartAttempt,
    StopRunning,
)
from server_node.attempts.node_state import NodeState
from server_node.inbox import Inbox
from server_node.ports import DeliveryPort, ExecutorPort, JournalPort, LinkPort, TelemetryPort
from shared.clock import Clock
from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)
_LONGEST_SLEEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Whatever the loop obeys through."""

    journal: JournalPort
    link: LinkPort
    telemetry: TelemetryPort
    executor: ExecutorPort
    delivery: DeliveryPort


class ControlLoop:
    """Feeds the core and obeys it.

    Args:
        ram_available_bytes: measures free RAM; called once a tick.
        exit_for_supervisor: called when only a new process can help; must not block.
        after_batch: called with the core after each batch, for whoever waits for a change of it.
    """

    def __init__(
        self,
        state: NodeState,
        inbox: Inbox,
        ports: Ports,
        *,
        clock: Clock,
        ram_available_bytes: Callable[[], int],
        exit_for_supervisor: Callable[[str], None],
        after_batch: Callable[[NodeState], None],
    ) -> None:
        self._state = state
        self._inbox = inbox
        self._ports = ports
        self._clock = clock
        self._ram_available_bytes = ram_available_bytes
        self._exit_for_supervisor = exit_for_supervisor
        self._after_batch = after_batch

    async def run(self) -> None:
        """Run until cancelled.

        Raises:
            OSError: the journal cannot be written; nothing that depends on it was done.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="journal") as disk:
            await self._settle(self._state.begin(), disk)
            while True:
                await self._wait()
                await self._settle(self._handle_batch(), disk)
                self._after_batch(self._state)

    async def _wait(self) -> None:
        left = self._state.next_deadline_seconds() - self._clock.monotonic_seconds()
        await self._inbox.wait(timeout=min(left, _LONGEST_SLEEP_SECONDS))

    def _handle_batch(self) -> list[Instruction]:
        batch = self._inbox.take_all()
        now = self._clock.monotonic_seconds()
        instructions = [step for event in batch for step in self._state.handle(event, now)]
        if self._state.next_deadline_seconds() <= now:
            instructions += self._state.handle(Ticked(self._ram_available_bytes()), now)
        return instructions

    async def _settle(self, instructions: list[Instruction], disk: ThreadPoolExecutor) -> None:
        records = [step for step in instructions if isinstance(step, RecordBegun | RecordEnded | RecordForgotten)]
        if records:
            await self._write(records, disk)
        for step in instructions:
            self._obey(step)

    async def _write(self, records: list[JournalRecord], disk: ThreadPoolExecutor) -> None:
        await asyncio.get_running_loop().run_in_executor(disk, self._ports.journal.append, records)

    def _obey(self, step: Instruction) -> None:  # noqa: C901, PLR0912 - one case an instruction
        ports = self._ports
        match step:
            case RecordBegun() | RecordEnded() | RecordForgotten():
                return
            case Send(link, message):
                ports.link.send(link, message)
            case OpenTelemetry(session_id):
                ports.telemetry.open_session(session_id)
            case CloseLink(link, reason):
                ports.link.close_link(link, reason)
            case StartAttempt(offer):
                ports.executor.start(offer)
            case StopRunning(key, mode):
                ports.executor.cancel(key, mode)
            case DeliverEnd(ended):
                ports.delivery.deliver(ended)
            case DropResult(key):
                ports.delivery.drop_result(key)
            case DropCheckpoint(job_id):
                ports.delivery.drop_checkpoint(job_id)
            case MakePlan(request):
                ports.executor.plan(request)
            case ExitForSupervisor(reason):
                self._exit_for_supervisor(reason)
            case Note(event, fields):
                said: dict[str, Any] = dict(fields)
                log_event(_LOG, event, **said)
            case _:
                assert_never(step)
