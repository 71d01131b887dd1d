"""Teaches the library's own services (health, reflection) our manners: they ask who calls, and read bytes as we do.

Bytes that are no message are INVALID_ARGUMENT. Our services read raw bytes and are passed through untouched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from central_server.rpc.admission import Admission
from central_server.rpc.context import Context
from central_server.rpc.status_codes import status_of
from shared.errors import CyxWizError

_SENTENCE = "the request must be a serialised message of this method, got bytes that are none"


_Check = Callable[[Context], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _NoMessage:
    """Stands for bytes that could not be read, until the handler can say so."""


class ForeignServices(grpc.aio.ServerInterceptor):
    """Wraps every handler that lets the library read its requests."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        """Return the handler, wrapped where it needs to be."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.request_deserializer is None:
            return handler
        read = _reader(handler.request_deserializer)
        check = partial(_check, self._admission, handler_call_details.method.removeprefix("/"))
        if handler.unary_unary is not None:
            checked = _one_answer(handler.unary_unary, check)
            return grpc.unary_unary_rpc_method_handler(checked, read, handler.response_serializer)
        if handler.unary_stream is not None:
            answers = _many_answers(handler.unary_stream, check)
            return grpc.unary_stream_rpc_method_handler(answers, read, handler.response_serializer)
        if handler.stream_stream is not None:
            answers = _conversation(handler.stream_stream, check)
            return grpc.stream_stream_rpc_method_handler(answers, read, handler.response_serializer)
        return handler


def _reader(deserialize: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def read(raw: bytes) -> Any:
        try:
            return deserialize(raw)
        except DecodeError:
            return _NoMessage()

    return read


def _one_answer(method: Callable[..., Awaitable[Any]], check: _Check) -> Callable[..., Awaitable[Any]]:
    async def checked(request: Any, context: Context) -> Any:
        await check(context)
        await _refuse_unreadable(request, context)
        return await method(request, context)

    return checked


def _many_answers(method: Callable[..., Any], check: _Check) -> Callable[..., AsyncIterator[Any]]:
    async def checked(request: Any, context: Context) -> AsyncIterator[Any]:
        await check(context)
        await _refuse_unreadable(request, context)
        answers = method(request, context)
        if hasattr(answers, "__aiter__"):
            async for answer in answers:
                yield answer
        else:
            await answers  # it writes on the context by itself

    return checked


def _conversation(method: Callable[..., Any], check: _Check) -> Callable[..., AsyncIterator[Any]]:
    async def readable(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        async for request in requests:
            await _refuse_unreadable(request, context)
            yield request

    async def checked(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
        await check(context)
        async for answer in method(readable(requests, context), context):
            yield answer

    return checked


async def _check(admission: Admission, method: str, context: Context) -> None:
    try:
        await admission.admit(method, context)
    except CyxWizError as error:
        status = status_of(error)
    else:
        return
    await context.abort(status.code, status.sentence, status.trailing_metadata)


async def _refuse_unreadable(request: Any, context: Context) -> None:
    if isinstance(request, _NoMessage):
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, _SENTENCE)
