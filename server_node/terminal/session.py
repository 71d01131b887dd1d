"""One session: a program behind a pseudo-terminal, from its start to the end of everything it started.

It ends when its program does, when it is told to, or by its limits; whichever comes first gives the reason.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from server_node.ports import CheckedCaller
from server_node.terminal.program import Program
from server_node.terminal.pseudo_terminal import PseudoTerminal, open_pair
from server_node.terminal.rules import Size, TerminalRules
from shared.clock import Clock
from shared.errors import WrongState

PROGRAM_ENDED = "its program ended"
ATTACH_SECONDS = 30.0
"""A session whose stream nobody opens ends after so long."""
LAST_OUTPUT_SECONDS = 30.0
"""What an ended program has written is kept for so long for a caller who reads slowly."""
_KEEPER_SECONDS = 10.0
"""The keeper itself takes six at most."""
_KEEPER = str(Path(__file__).with_name("keeper.py"))


class Session:
    """Made by `start_session`; `run` must be running for as long as it is used.

    Attributes:
        owner: whose it is.
        deployment_id: the deployment that it is about; empty for the node's own.
        size: of its terminal now.
        created_ms: when it began, in Unix milliseconds.
        ending: set when it is to end before its program does.
        over: set when nothing of it runs any more.
        reason: why it ended; empty before.
        exit_code: of its program, once it is over.
    """

    def __init__(
        self,
        session_id: str,
        owner: CheckedCaller,
        deployment_id: str,
        process: asyncio.subprocess.Process,
        terminal: PseudoTerminal,
        size: Size,
        *,
        rules: TerminalRules,
        clock: Clock,
    ) -> None:
        self.session_id = session_id
        self.owner = owner
        self.deployment_id = deployment_id
        self.size = size
        self.created_ms = clock.unix_ms()
        self.ending = asyncio.Event()
        self.over = asyncio.Event()
        self.reason = ""
        self.exit_code = 0
        self._process = process
        self._terminal = terminal
        self._rules = rules
        self._clock = clock
        self._began_seconds = self._active_seconds = clock.monotonic_seconds()
        self._ends_in_line = True
        self._is_attached = False
        self._was_read = asyncio.Event()

    def attach(self) -> None:
        """Let one stream have it.

        Raises:
            WrongState: one has it already, or it is over.
        """
        if self._is_attached or self.reason:
            raise WrongState(f"session {self.session_id} has its stream already, or is over: open another session")
        self._is_attached = True

    def detach(self, reason: str) -> None:
        """End it because its stream has ended."""
        self._was_read.set()
        self.end(reason)

    def end(self, reason: str) -> None:
        """Have it end, with everything it started; the first reason stands."""
        if not self.reason:
            self.reason = reason
            self.ending.set()

    def resize(self, size: Size) -> None:
        """Change how large the terminal is."""
        self.size = size
        self._terminal.resize(size)

    async def read(self) -> bytes:
        """Return what its program wrote; nothing when no more will come."""
        piece = await self._terminal.read()
        self._touch()
        return piece

    async def write(self, data: bytes) -> None:
        """Give input to its program; waits while that takes none."""
        self._touch()
        self._ends_in_line = data.endswith((b"\n", b"\r")) if data else self._ends_in_line
        await self._terminal.write(data)
        self._touch()

    async def end_input(self) -> None:
        """Say to its program that no more input comes, as a person would: within a line that takes two characters."""
        await self._terminal.write(self._terminal.end_of_input() * (1 if self._ends_in_line else 2))

    @property
    def last_activity_ms(self) -> int:
        """When the last byte went either way, in Unix milliseconds."""
        return self.created_ms + round((self._active_seconds - self._began_seconds) * 1000)

    async def run(self) -> None:
        """Return when nothing of it runs any more and its last output was read, or nobody does."""
        try:
            async with asyncio.TaskGroup() as tasks:
                exited = tasks.create_task(self._process.wait())
                told = tasks.create_task(self.ending.wait())
                await self._watch(exited, told)
                told.cancel()
                await self._end_keeper(exited)
            if self._is_attached:
                await _within(LAST_OUTPUT_SECONDS, self._was_read)
        finally:
            self._let_go_of_keeper()
            self.end("the node stops")
            self.over.set()
            self._terminal.close()

    async def _watch(self, exited: asyncio.Task[int], told: asyncio.Task[bool]) -> None:
        """Wait until the program has ended or is to end."""
        while not exited.done() and not told.done():
            left_seconds, why = min(self._limits())
            if left_seconds <= 0:
                self.end(why)
            await asyncio.wait({exited, told}, timeout=max(0.0, left_seconds), return_when=asyncio.FIRST_COMPLETED)

    def _limits(self) -> tuple[tuple[float, str], ...]:
        now = self._clock.monotonic_seconds()
        rules, age, idle = self._rules, now - self._began_seconds, now - self._active_seconds
        attach = () if self._is_attached else ((ATTACH_SECONDS - age, "nobody opened its stream"),)
        return (
            (rules.idle_seconds - idle, f"nothing was typed or shown for {rules.idle_seconds:g} seconds"),
            (rules.total_seconds - age, f"it lasted {rules.total_seconds:g} seconds, which is the limit here"),
            *attach,
        )

    async def _end_keeper(self, exited: asyncio.Task[int]) -> None:
        self._let_go_of_keeper()
        done, _ = await asyncio.wait({exited}, timeout=_KEEPER_SECONDS)
        if not done:
            self._process.kill()
        code = await exited
        self.exit_code = 128 - code if code < 0 else code
        if not self.reason:
            self.reason = PROGRAM_ENDED
        self.over.set()

    def _let_go_of_keeper(self) -> None:
        """Close the pipe by which the keeper knows that the node wants it."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _touch(self) -> None:
        self._active_seconds = self._clock.monotonic_seconds()


async def start_session(
    session_id: str,
    owner: CheckedCaller,
    deployment_id: str,
    program: Program,
    size: Size,
    *,
    rules: TerminalRules,
    clock: Clock,
) -> Session:
    """Start a program behind a terminal.

    Raises:
        OSError: the machine has no terminal or process left.
    """
    ours, theirs = open_pair(size, hides_input=program.hides_input)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-ISu",
            _KEEPER,
            *program.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=theirs,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(program.environment),
            cwd=program.folder,
            start_new_session=True,
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return Session(session_id, owner, deployment_id, process, PseudoTerminal(ours), size, rules=rules, clock=clock)


async def _within(seconds: float, event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
