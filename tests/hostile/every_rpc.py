"""Every rpc there is, read from the descriptors, so that a new one cannot be forgotten. It calls none."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

import shared.pb

OF_A_NODE = frozenset({"cyxwiz.protocol.InferenceService", "cyxwiz.protocol.TerminalService"})
"""What a node serves on ports of its own; everything else the central server serves."""


@dataclass(frozen=True, slots=True)
class Rpc:
    """One method.

    Attributes:
        path: `package.Service/Method`.
        takes: what its requests are.
    """

    path: str
    takes: Descriptor
    has_many_requests: bool
    has_many_answers: bool

    @property
    def service(self) -> str:
        """Its service's full name."""
        return self.path.partition("/")[0]


def every_rpc() -> tuple[Rpc, ...]:
    """Return the rpcs of our protos, and those of the library's services that are served beside them."""
    return tuple(rpc for file in _files() for rpc in _rpcs_of(file))


def _files() -> Iterator[Any]:
    for module in pkgutil.iter_modules(shared.pb.__path__):
        if module.name.endswith("_pb2"):
            yield importlib.import_module(f"shared.pb.{module.name}").DESCRIPTOR
    yield health_pb2.DESCRIPTOR
    yield reflection_pb2.DESCRIPTOR


def _rpcs_of(file: Any) -> Iterator[Rpc]:
    for service in file.services_by_name.values():
        for method in service.methods:
            yield Rpc(
                f"{service.full_name}/{method.name}",
                method.input_type,
                has_many_requests=method.client_streaming,
                has_many_answers=method.server_streaming,
            )


EVERY_RPC = every_rpc()
OF_THE_SERVER = tuple(rpc for rpc in EVERY_RPC if rpc.service not in OF_A_NODE)
