"""Turns our methods into gRPC handlers that read raw bytes and end with our error tree's status. It knows no service.

Bytes reach us unparsed, so that bytes that are no message are told so (INVALID_ARGUMENT) instead of the library's own
answer. INTERNAL is left for one case: an exception of ours that nobody meant; it is logged with its trace.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from time import perf_counter
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message

from central_server.requests.caller import Caller
from central_server.rpc.admission import Admission, subject_in
from central_server.rpc.context import Context
from central_server.rpc.status_codes import code_of, status_of
from central_server.structured_logging import log_event
from shared.errors import CyxWizError, InvalidField, MachineFailure, OurBug

_Request = TypeVar("_Request", bound=Message)

_logger = logging.getLogger(__name__)

UnaryMethod = Callable[[_Request, Caller], Awaitable[Message]]
StreamingMethod = Callable[[_Request, Caller], AsyncIterator[Message]]
UploadMethod = Callable[[AsyncIterator[_Request], Caller], Awaitable[Message]]
ConversationMethod = Callable[[Context, Caller], Awaitable[None]]


OnEnd = Callable[[str, str, float | None], None]
"""Told of each rpc that ended: its method, its code, and how long it took where there was one answer."""


def ignore_end(_method: str, _code: str, _seconds: float | None) -> None:
    """Count nothing."""


def parse_message(kind: type[_Request], raw: bytes) -> _Request:
    """Return the message in `raw`.

    Raises:
        InvalidField: the bytes are no such message.
    """
    try:
        return kind.FromString(raw)
    except DecodeError:
        name = kind.DESCRIPTOR.name
        raise InvalidField(f"the request must be a serialised {name}, got {len(raw)} bytes that are none") from None


class Registration:
    """Handlers of one service, gathered one by one."""

    def __init__(self, service: str, admission: Admission, on_end: OnEnd = ignore_end) -> None:
        self._service = service
        self._on_end = on_end
        self._admission = admission
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    def unary(
        self,
        name: str,
        request: type[_Request],
        method: UnaryMethod[_Request],
        *,
        beside: Callable[[], tuple[tuple[str, str], ...]] | None = None,
    ) -> None:
        """Serve a method that takes one message and answers one; `beside` gives what trails the answer."""

        async def handle(raw: bytes, context: Context) -> bytes:
            with _Telling(partial(self._on_end, name), is_timed=True) as told:
                caller = await self._admit(name, context)
                message = parse_message(request, raw)
                with self._admission.noting(f"{self._service}/{name}", caller, message) as note:
                    answer = await method(message, caller)
                    note.subject = note.subject or subject_in(answer)
                if beside is not None:
                    context.set_trailing_metadata(beside())
                return answer.SerializeToString()
            return await told.abort(context)

        self._handlers[name] = grpc.unary_unary_rpc_method_handler(handle)

    def streaming(self, name: str, request: type[_Request], method: StreamingMethod[_Request]) -> None:
        """Serve a method that takes one message and answers many."""

        async def handle(raw: bytes, context: Context) -> None:
            with _Telling(partial(self._on_end, name), is_timed=False) as told:
                caller = await self._admit(name, context)
                async with self._admission.staying(context):
                    await _begin(context)
                    async for answer in method(parse_message(request, raw), caller):
                        await context.write(answer.SerializeToString())
                return
            await told.abort(context)

        self._handlers[name] = grpc.unary_stream_rpc_method_handler(handle)

    def upload(self, name: str, request: type[_Request], method: UploadMethod[_Request]) -> None:
        """Serve a method that takes many messages and answers one."""

        async def handle(_: object, context: Context) -> bytes:
            with _Telling(partial(self._on_end, name), is_timed=False) as told:
                caller = await self._admit(name, context)
                async with self._admission.staying(context):
                    answer = await method(_messages(request, context), caller)
                return answer.SerializeToString()
            return await told.abort(context)

        self._handlers[name] = grpc.stream_unary_rpc_method_handler(handle)

    def conversation(self, name: str, method: ConversationMethod) -> None:
        """Serve a method that reads and writes raw bytes on the stream by itself."""

        async def handle(_: object, context: Context) -> None:
            with _Telling(partial(self._on_end, name), is_timed=False) as told:
                caller = await self._admit(name, context)
                async with self._admission.staying(context):
                    await _begin(context)
                    await method(context, caller)
                return
            await told.abort(context)

        self._handlers[name] = grpc.stream_stream_rpc_method_handler(handle)

    @property
    def methods(self) -> tuple[str, ...]:
        """The rpcs that are served, as `package.Service/Method`."""
        return tuple(f"{self._service}/{name}" for name in self._handlers)

    @property
    def handlers(self) -> Mapping[str, grpc.RpcMethodHandler[Any, Any]]:
        """The handlers by the method's name."""
        return self._handlers

    def add_to(self, server: grpc.aio.Server) -> str:
        """Let `server` serve these; return the service's full name."""
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(self._service, self._handlers),))
        return self._service

    async def _admit(self, name: str, context: Context) -> Caller:
        return await self._admission.admit(f"{self._service}/{name}", context)


async def _begin(context: Context) -> None:
    """Send the beginning of a stream of answers apart from the first one.

    While that one is unread, gRPC takes no status that would begin the stream, and the caller would hear of no end.
    """
    await context.send_initial_metadata(())


class _Telling:
    """Holds the error that left its block, so that the rpc is ended outside of any `except`; says how it ended."""

    def __init__(self, on_end: Callable[[str, float | None], None], *, is_timed: bool) -> None:
        self._error: CyxWizError | None = None
        self._on_end = on_end
        self._is_timed = is_timed
        self._begun = perf_counter()

    def __enter__(self) -> _Telling:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, OurBug) or (isinstance(error, Exception) and not _is_meant(error)):
            _logger.error("handler_broke", exc_info=error)
            self._error = OurBug("the server made a mistake of its own; its log has the trace")
        elif isinstance(error, CyxWizError):
            self._error = error
        self._on_end(self._code(error), perf_counter() - self._begun if self._is_timed else None)
        return self._error is not None

    def _code(self, error: BaseException | None) -> str:
        if self._error is not None:
            return code_of(type(self._error)).name
        return "OK" if error is None else "CANCELLED"

    async def abort(self, context: Context) -> NoReturn:
        """End the rpc with the status of the error that was held."""
        error = self._error or OurBug("a handler ended without an answer")
        status = status_of(error)
        if isinstance(error, MachineFailure):
            log_event(_logger, "request_failed", is_warning=True, code=error.code, cause=str(error))
        await context.abort(status.code, status.sentence, status.trailing_metadata)
        raise AssertionError("abort always raises")


def _is_meant(error: Exception) -> bool:
    """Our own tree is; so is the library's way of ending an rpc."""
    return isinstance(error, CyxWizError | grpc.aio.AbortError)


async def _messages(kind: type[_Request], context: Context) -> AsyncIterator[_Request]:
    while (raw := await context.read()) is not grpc.aio.EOF:
        yield parse_message(kind, raw)
