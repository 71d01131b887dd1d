"""Calls any rpc with any bytes and tells how it ended. It judges nothing but the time that it took."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import grpc
import grpc.aio

from tests.hostile.every_rpc import Rpc

DEADLINE_SECONDS = 15.0
"""No call may last so long."""
SILENCE_SECONDS = 0.05
"""A stream of answers that says nothing for so long waits for news, as it should, and is left."""
MOST_ANSWERS = 50
OF_THE_CLIENT = "Internal error from Core"
"""What the client's own library says when it writes on a stream that has just been closed; the status is lost."""

Ending = tuple[grpc.StatusCode, str]


async def ending_of(channel: grpc.aio.Channel, rpc: Rpc, requests: Sequence[bytes], token: str = "") -> Ending:
    """Say these requests (the first alone where it takes one) and return how the call ended; OK for one that was left.

    Raises:
        AssertionError: it did not end.
    """
    call = _begun(channel, rpc, requests[0] if requests else b"", token)
    if rpc.has_many_requests:
        await _say(call, requests)
    if rpc.has_many_requests or rpc.has_many_answers:
        if not await _hear(call, is_to_end=rpc.has_many_requests):
            call.cancel()
            return grpc.StatusCode.OK, "left"
    else:
        with suppress(grpc.aio.AioRpcError):
            await call
    return await _ending(call)


def _begun(channel: grpc.aio.Channel, rpc: Rpc, first: bytes, token: str) -> Any:
    method = f"/{rpc.path}"
    how: dict[str, Any] = {
        "metadata": (("authorization", f"Bearer {token}"),) if token else (),
        "timeout": DEADLINE_SECONDS,
    }
    make: Any
    if rpc.has_many_requests:  # each is written by hand, so that one that comes too late is no mistake of the test
        make = channel.stream_stream(method)
        return make(**how)
    make = channel.unary_stream(method) if rpc.has_many_answers else channel.unary_unary(method)
    return make(first, **how)


async def _say(talk: Any, requests: Sequence[bytes]) -> None:
    with suppress(grpc.aio.AioRpcError, grpc.aio.InternalError, asyncio.InvalidStateError):
        for raw in requests:
            await talk.write(raw)
        await talk.done_writing()


async def _hear(call: Any, *, is_to_end: bool) -> bool:
    """Read answers; tell whether they ended."""
    for _ in range(MOST_ANSWERS):
        try:
            async with asyncio.timeout(None if is_to_end else SILENCE_SECONDS):
                if await call.read() is grpc.aio.EOF:
                    return True
        except TimeoutError:
            return False
        except grpc.aio.AioRpcError:
            return True
    return False


async def _ending(call: Any) -> Ending:
    code, sentence = await call.code(), await call.details() or ""
    assert code is not grpc.StatusCode.DEADLINE_EXCEEDED, f"no answer within {DEADLINE_SECONDS} s"
    return code, sentence
