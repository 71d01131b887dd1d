"""Turns methods into handlers of the node's own gRPC server: who calls is asked first, then the bytes are read.

Every method says what it needs when it is entered here, so none is open by being forgotten. An error of our tree ends
the rpc with its status; INTERNAL is left for an exception that nobody meant, which is logged with its trace.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar
from urllib.parse import unquote

import grpc
import grpc.aio
from google.protobuf.message import DecodeError, Message

from server_node.own_services.rpc_status import status_of
from server_node.ports import CallerPort, CheckedCaller
from shared.errors import CyxWizError, InvalidField, NotAuthenticated, OurBug
from shared.permissions import Permission

_LOG = logging.getLogger(__name__)
_AUTHORIZATION = "authorization"
_Request = TypeVar("_Request", bound=Message)

Context = grpc.aio.ServicerContext[Any, Any]
UnaryMethod = Callable[[_Request, Context, CheckedCaller], Awaitable[Message]]
ConversationMethod = Callable[[Context, CheckedCaller], Awaitable[None]]


class ServiceTable:
    """The methods of one service, gathered one by one.

    Args:
        service: its full name, such as `cyxwiz.protocol.InferenceService`.
        callers: tells who calls and whether they may.
    """

    def __init__(self, service: str, callers: CallerPort) -> None:
        self.service = service
        self._callers = callers
        self._handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}

    def unary(self, name: str, permission: Permission, request: type[_Request], method: UnaryMethod[_Request]) -> None:
        """Serve a method that takes one message and answers one."""

        async def handle(raw: bytes, context: Context) -> bytes:
            try:
                caller = await self.admit(name, permission, context)
                answer = await method(_parsed(request, raw), context, caller)
                return answer.SerializeToString()
            except Exception as error:  # noqa: BLE001 - whatever it is becomes a status
                told = _as_ours(error)
            return await _abort(context, told)

        self._handlers[name] = grpc.unary_unary_rpc_method_handler(handle)

    def conversation(self, name: str, permission: Permission, method: ConversationMethod) -> None:
        """Serve a method that reads and writes raw bytes on the stream by itself."""

        async def handle(_: object, context: Context) -> None:
            try:
                caller = await self.admit(name, permission, context)
                # Apart from the first answer: while that is unread, gRPC takes no status that would begin the stream,
                # and the caller would hear of no end.
                await context.send_initial_metadata(())
                await method(context, caller)
            except Exception as error:  # noqa: BLE001 - whatever it is becomes a status
                told = _as_ours(error)
            else:
                return
            await _abort(context, told)

        self._handlers[name] = grpc.stream_stream_rpc_method_handler(handle)

    def add_to(self, server: grpc.aio.Server) -> None:
        """Let `server` serve these."""
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(self.service, self._handlers),))

    async def admit(self, name: str, permission: Permission, context: Context) -> CheckedCaller:
        """Return who calls a method; what lasts long asks again.

        Raises:
            CyxWizError: they may not, or it cannot be found out.
        """
        given = [value for key, value in context.invocation_metadata() or () if key == _AUTHORIZATION]
        if len(given) > 1:
            raise NotAuthenticated(f"authorization must be sent once, and came {len(given)} times")
        authorization = str(given[0]) if given else ""
        method = f"{self.service.rpartition('.')[2]}/{name}"
        return await self._callers.check(authorization, host_of(context.peer()), permission, method)


def host_of(peer: str) -> str:
    """Return the address in gRPC's `ipv4:1.2.3.4:5`, `ipv6:%5B::1%5D:5` or `unix:…`."""
    kind, _, rest = peer.partition(":")
    return "localhost" if kind == "unix" else unquote(rest).rpartition(":")[0].strip("[]")


def _parsed(kind: type[_Request], raw: bytes) -> _Request:
    try:
        return kind.FromString(raw)
    except DecodeError:
        name = kind.DESCRIPTOR.name
        raise InvalidField(f"the request must be a serialised {name}, got {len(raw)} bytes that are none") from None


def _as_ours(error: Exception) -> CyxWizError:
    """Return what the caller is told; the library's own way of ending an rpc goes on as it is."""
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, CyxWizError) and not isinstance(error, OurBug):
        return error
    _LOG.error("handler_broke", exc_info=error)
    return OurBug("the node made a mistake of its own; its log has the trace")


async def _abort(context: Context, error: CyxWizError) -> NoReturn:
    status = status_of(error)
    await context.abort(status.code, status.sentence, status.trailing_metadata)
    raise AssertionError("abort always raises")
