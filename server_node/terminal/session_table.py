"""Which sessions there are, whose they are, and that each one's beginning and end is in the audit log.

A session that the audit log cannot be told of is not begun. An end that cannot be told at once is tried again for a
while, and is in the node's own log in any case.
"""

from __future__ import annotations

import asyncio
import logging
import shlex
from collections.abc import Callable

from server_node.ports import CallerPort, CheckedCaller
from server_node.terminal.program import Program
from server_node.terminal.rules import Size, TerminalRules
from server_node.terminal.session import Session, start_session
from shared.backoff import Backoff
from shared.clock import Clock
from shared.errors import CyxWizError, InvalidField, MachineFailure, NotFound, OverQuota, WrongState
from shared.identifiers import new_session_id
from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)
OPENED, REFUSED, CLOSED = "terminal opened", "terminal refused", "terminal closed"
_RECORD_TRIES = 8
_RECORD_WAITS = Backoff(first_seconds=0.5, cap_seconds=10.0)
_CLOSE_SECONDS = 4.0
"""The node's stop waits so long for sessions; the kernel and the keepers end what is left."""


class SessionTable:
    """Made in the event loop; takes sessions while `run` runs."""

    def __init__(
        self, rules: TerminalRules, callers: CallerPort, *, clock: Clock, uniform: Callable[[], float]
    ) -> None:
        self.rules = rules
        self._callers = callers
        self._clock = clock
        self._uniform = uniform
        self._sessions: dict[str, Session] = {}
        self._opening = 0
        self._untold = 0
        self._tasks: asyncio.TaskGroup | None = None
        self._stopping = asyncio.Event()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Own the tasks of sessions until closed."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                await self._stopping.wait()
        finally:
            self._tasks = None

    async def close(self) -> None:
        """End every session, and return when nothing of them runs or the time is over."""
        self._stopping.set()
        for session in self._sessions.values():
            session.end("the node stops")
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                while self._sessions or self._untold:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            log_event(_LOG, "terminals_left_to_keepers", is_error=True, sessions=len(self._sessions))

    async def open(self, owner: CheckedCaller, deployment_id: str, program: Program, size: Size) -> Session:
        """Begin a session.

        Raises:
            OverQuota: there are as many as may be.
            WrongState: the node stops.
            ServerUnreachable: the audit log cannot be told.
            MachineFailure: the machine has no terminal or process left.
        """
        if self._tasks is None or self._stopping.is_set():
            raise WrongState("this node is stopping and opens no terminals: use another node")
        if len(self._sessions) + self._opening >= self.rules.sessions:
            raise OverQuota(f"this node has {self.rules.sessions} terminals open, which is its limit: close one first")
        self._opening += 1
        try:
            return await self._open(self._tasks, owner, deployment_id, program, size)
        finally:
            self._opening -= 1

    def find(self, session_id: str, caller: CheckedCaller) -> Session:
        """Return the caller's session.

        Raises:
            InvalidField: none is named.
            NotFound: there is none of this name, or it is somebody else's, which a stranger is not told.
        """
        if not session_id:
            raise InvalidField("session_id is missing: say which session", field="session_id")
        session = self._sessions.get(session_id)
        if session is None or _identity(session.owner) != _identity(caller):
            raise NotFound(f"there is no session {session_id[:64]!r} of yours on this node", field="session_id")
        return session

    async def refused(self, caller: CheckedCaller, deployment_id: str, refusal: CyxWizError) -> None:
        """Have it written down that a session was not opened."""
        log_event(_LOG, "terminal_refused", user=caller.user_id, code=refusal.code)
        try:
            await self._callers.record(caller, REFUSED, subject=deployment_id, result=refusal.code, detail=str(refusal))
        except MachineFailure:
            return  # nothing was opened, and the node's own log has it

    async def _open(
        self, tasks: asyncio.TaskGroup, owner: CheckedCaller, deployment_id: str, program: Program, size: Size
    ) -> Session:
        session_id = new_session_id()
        detail = f"runs {shlex.join(program.command)}" + (f", for {deployment_id}" if deployment_id else "")
        await self._callers.record(owner, OPENED, subject=session_id, detail=detail)
        try:
            session = await start_session(
                session_id, owner, deployment_id, program, size, rules=self.rules, clock=self._clock
            )
        except OSError as failure:
            raise MachineFailure(f"this machine cannot open a terminal: {failure.strerror}") from None
        self._sessions[session_id] = session
        if self._stopping.is_set():
            session.end("the node stops")
        log_event(_LOG, "terminal_opened", session=session_id, user=owner.user_id, token=owner.token_id)
        tasks.create_task(self._keep(session), name=f"terminal {session_id}")
        return session

    async def _keep(self, session: Session) -> None:
        try:
            await session.run()
        except Exception as failure:  # noqa: BLE001 - one terminal's failure must not end the node
            _LOG.error("terminal_broke", exc_info=failure)
        finally:
            self._sessions.pop(session.session_id, None)
            log_event(_LOG, "terminal_closed", session=session.session_id, reason=session.reason)
        self._untold += 1
        try:
            await self._record_end(session)
        finally:
            self._untold -= 1
            self._changed.set()

    async def _record_end(self, session: Session) -> None:
        seconds = (self._clock.unix_ms() - session.created_ms) / 1000
        detail = f"{session.reason}, after {seconds:.1f} s, with exit code {session.exit_code}"
        for number in range(1, _RECORD_TRIES + 1):
            try:
                await self._callers.record(session.owner, CLOSED, subject=session.session_id, detail=detail)
            except MachineFailure:
                await asyncio.sleep(_RECORD_WAITS.wait_seconds(number, self._uniform()))
            else:
                return
        log_event(_LOG, "terminal_end_not_audited", is_error=True, session=session.session_id)


def _identity(caller: CheckedCaller) -> tuple[str, str]:
    # Several tokens may belong to one user, and be in the hands of several people.
    return caller.user_id, caller.token_id
