"""A client of the system's earlier days: it knows the published fields and rpcs, and nothing that came later.

Its messages are made at run time from our definitions with everything above the contract cut away, in a pool of
their own, so that a field of ours could not be read even by mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from shared.pb import common_pb2, job_pb2, node_pb2

_FIRST_OWN_FIELD = 100
_PUBLISHED_JOB_RPCS = frozenset({"SubmitJob", "GetJobStatus", "CancelJob", "StreamJobUpdates", "ListJobs", "DeleteJob"})
_PACKAGE = "cyxwiz.protocol"


class OldClient:
    """Raw rpcs with the published messages only."""

    def __init__(self, address: str) -> None:
        """Open a channel."""
        self._channel = grpc.insecure_channel(address)
        self._pool = _published_pool()

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def message(self, name: str, **fields: Any) -> Any:
        """Return a published message."""
        return self._kind(name)(**fields)

    def call(self, rpc: str, request: Any, answer: str) -> Any:
        """Return the answer of a unary rpc such as `JobService/SubmitJob`."""
        method: Any = self._channel.unary_unary(
            f"/{_PACKAGE}.{rpc}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self._kind(answer).FromString,
        )
        return method(request, timeout=30)

    def stream(self, rpc: str, request: Any, answer: str) -> Iterator[Any]:
        """Yield what a streaming rpc sends."""
        method: Any = self._channel.unary_stream(
            f"/{_PACKAGE}.{rpc}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self._kind(answer).FromString,
        )
        yield from method(request, timeout=60)

    def _kind(self, name: str) -> Any:
        return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


def _published_pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for module in (common_pb2, job_pb2, node_pb2):
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        _cut_own_parts(file)
        pool.Add(file)
    return pool


def _cut_own_parts(file: descriptor_pb2.FileDescriptorProto) -> None:
    for message in file.message_type:
        own = [field for field in message.field if field.number >= _FIRST_OWN_FIELD]
        for field in own:
            if field.proto3_optional:
                field.ClearField("proto3_optional")
                message.ClearField("oneof_decl")
            message.field.remove(field)
    for service in file.service:
        if service.name == "JobService":
            for method in [method for method in service.method if method.name not in _PUBLISHED_JOB_RPCS]:
                service.method.remove(method)
