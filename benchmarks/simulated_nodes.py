"""Nodes that train nothing, on real streams, many to a process: the load of benchmarks of the central server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from shared.node_message_wire import node_message_to_proto
from shared.node_messages import PROTOCOL_VERSION, Device, DeviceKind, Hello, NodeDescription, NodeMessage
from shared.pb import link_pb2

_GIBIBYTE = 2**30
_Stream = grpc.aio.StreamStreamCall[bytes, bytes]

OnMessage = Callable[["SimulatedNode", str, Any], Awaitable[None]]
"""Told the node, the kind of a server's message and the message."""


class SimulatedNode:
    """One node's control stream, from Hello to `leave`."""

    def __init__(self, channel: grpc.aio.Channel, node_id: str, *, slots: int, on_message: OnMessage) -> None:
        """Open the stream; nothing is said before `run`."""
        self.node_id = node_id
        self.session_id = ""
        self._slots = slots
        self._on_message = on_message
        self._stream = open_stream(channel, "Control")
        self._turn_to_write = asyncio.Lock()
        self.is_welcome = asyncio.Event()

    async def run(self) -> None:
        """Say Hello and take what the server says until the stream ends."""
        await self.say(a_hello(self.node_id, self._slots))
        while isinstance(raw := await self._stream.read(), bytes):
            message = link_pb2.ServerMessage.FromString(raw)
            kind = message.WhichOneof("kind") or ""
            if kind == "welcome":
                self.session_id = message.welcome.session_id
                self.is_welcome.set()
            await self._on_message(self, kind, getattr(message, kind))

    async def say(self, message: NodeMessage) -> None:
        """Write a message when those before it are written."""
        await self.say_bytes(node_message_to_proto(message).SerializeToString())

    async def say_bytes(self, raw: bytes) -> None:
        """Write a serialised message."""
        async with self._turn_to_write:
            await self._stream.write(raw)

    def leave(self) -> None:
        """Cut the stream."""
        self._stream.cancel()


def open_stream(channel: grpc.aio.Channel, method: str) -> _Stream:
    """Open a stream of the node link that carries raw bytes."""
    call: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = channel.stream_stream(f"/cyxwiz.link.NodeLink/{method}")
    return call()


def a_hello(node_id: str, slots: int) -> Hello:
    """Return what a CPU node says of itself, with memory for all its slots."""
    capacity = slots * _GIBIBYTE
    device = Device("cpu:0", DeviceKind.CPU, "simulated", capacity, capacity, 4)
    description = NodeDescription(
        devices=(device,),
        cpu_cores=4,
        ram_total_bytes=capacity,
        ram_available_bytes=capacity,
        slots=slots,
        is_ready=True,
        software_version="0.1.0",
        fingerprint="simulated",
        capacity_bytes={device.device_id: capacity},
    )
    return Hello(node_id, node_id, PROTOCOL_VERSION, f"process of {node_id}", description, ())
