"""One stream of a terminal: the caller's bytes to the program, and the program's to the caller, a piece at a time.

A piece is read from the terminal only when the caller has room for it, so a program that floods waits, and so does its
terminal. Whatever ends the stream ends the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import grpc.aio
from google.protobuf.message import DecodeError

from server_node.own_services.service_table import Context
from server_node.terminal.session import Session
from shared.errors import CyxWizError, InvalidField, NotAuthenticated, NotPermitted, WrongState
from shared.pb import terminal_pb2

FIRST_MESSAGE_SECONDS = 10.0
FAREWELL_SECONDS = 3.0
"""After a session was ended, its caller has so long to take what its program still wrote."""
CHECK_SECONDS = 5.0
"""A token that is revoked ends its terminals within so long, and the few seconds that answers are remembered."""
_LARGEST_INPUT_BYTES = 1024 * 1024
_LAST_NUMBER = 2**31 - 1


class Conversation:
    """Used once.

    Args:
        context: the stream.
        find: the caller's session of that id; raises `NotFound`.
        check_again: raises `NotAuthenticated` or `NotPermitted` when the caller may not have a terminal any more.
    """

    def __init__(
        self, context: Context, find: Callable[[str], Session], check_again: Callable[[], Awaitable[None]]
    ) -> None:
        self._context = context
        self._check_again = check_again
        self._find = find
        self._number = 0

    async def run(self) -> None:
        """Return when the session is over and the caller was told how it ended.

        Raises:
            CyxWizError: the caller sent what is no message of this stream, or did not read what it was sent.
        """
        first = await self._first()
        session = self._find(first.session_id)
        session.attach()
        try:
            await self._carry(session, first)
        except ExceptionGroup as failures:
            raise _first_of(failures) from None
        finally:
            session.detach("its stream was cut")

    async def _carry(self, session: Session, first: terminal_pb2.TerminalData) -> None:
        async with asyncio.TaskGroup() as tasks:
            taking = tasks.create_task(self._take(session, first))
            giving = tasks.create_task(self._give(session))
            cutting = tasks.create_task(_until_cut(session))
            checking = tasks.create_task(self._keep_checking(session))
            await asyncio.wait({giving, cutting}, return_when=asyncio.FIRST_COMPLETED)
            taking.cancel()
            checking.cancel()
            if giving.done():
                cutting.cancel()
            else:
                giving.cancel()
                raise WrongState(f"the session is over: {session.reason}; its last output was not read in time")

    async def _keep_checking(self, session: Session) -> None:
        """End the session of a caller whose token is revoked; while nobody can be asked it goes on."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await self._check_again()
            except (NotAuthenticated, NotPermitted):
                session.end("its caller may have no terminal any more")
                return
            except CyxWizError:
                continue

    async def _take(self, session: Session, message: terminal_pb2.TerminalData) -> None:
        """Give the caller's bytes to the program until no more come."""
        while True:
            if message.data:
                await session.write(message.data)
            following = None if message.is_eof else await self._next(session)
            if following is None:
                break
            message = following
        await session.end_input()

    async def _give(self, session: Session) -> None:
        """Give the program's bytes to the caller, and at last how it ended."""
        while data := await session.read():
            await self._write(session, data=data)
        await session.over.wait()
        await self._write(session, is_eof=True, exit_code=session.exit_code, reason=session.reason)

    async def _write(
        self, session: Session, *, data: bytes = b"", is_eof: bool = False, exit_code: int = 0, reason: str = ""
    ) -> None:
        self._number = self._number % _LAST_NUMBER + 1
        message = terminal_pb2.TerminalData(
            session_id=session.session_id,
            deployment_id=session.deployment_id,
            data=data,
            is_eof=is_eof,
            sequence_number=self._number,
            exit_code=exit_code,
            reason=reason,
        )
        await self._context.write(message.SerializeToString())

    async def _first(self) -> terminal_pb2.TerminalData:
        try:
            async with asyncio.timeout(FIRST_MESSAGE_SECONDS):
                first = await self._read()
        except TimeoutError:
            first = None
        if first is None:
            raise InvalidField("the first message must say which session_id, and none came", field="session_id")
        return first

    async def _next(self, session: Session) -> terminal_pb2.TerminalData | None:
        message = await self._read()
        if message is not None and message.session_id not in {"", session.session_id}:
            raise InvalidField("a stream is of one session; open another stream for another", field="session_id")
        return message

    async def _read(self) -> terminal_pb2.TerminalData | None:
        """Return the caller's next message, None when no more comes."""
        raw = await self._context.read()
        if raw is grpc.aio.EOF:
            return None
        if len(raw) > _LARGEST_INPUT_BYTES:
            raise InvalidField(
                f"a message of input may have {_LARGEST_INPUT_BYTES} bytes, got {len(raw)}", field="data"
            )
        try:
            return terminal_pb2.TerminalData.FromString(raw)
        except DecodeError:
            raise InvalidField(f"a message must be a serialised TerminalData, got {len(raw)} bytes") from None


async def _until_cut(session: Session) -> None:
    await session.ending.wait()
    await asyncio.sleep(FAREWELL_SECONDS)


def _first_of(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
