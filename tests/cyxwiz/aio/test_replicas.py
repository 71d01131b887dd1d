"""Which replica is asked, and how often the server is asked where they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import grpc
import pytest

from cyxwiz.aio.connection import Connection
from cyxwiz.aio.replicas import Replicas
from cyxwiz.deployment_records import DeploymentInfo, ReplicaInfo
from cyxwiz.errors import DeadlinePassed, InvalidField, TooManyRequests, WrongState
from server_node.own_services.rpc_status import status_of
from shared.pb import inference_pb2

_NO_METADATA = grpc.aio.Metadata()
UNAVAILABLE, FULL = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED


class Nodes:
    """A connection to nodes that answer with their address, but for those that are said to refuse."""

    def __init__(self, **refusals: grpc.StatusCode) -> None:
        self.refusals = refusals
        self.asked: list[str] = []

    def node_channel(self, address: str, _node_id: str) -> Any:
        return _Channel(address, self)


class _Channel:
    def __init__(self, address: str, nodes: Nodes) -> None:
        self._address = address
        self._nodes = nodes

    def unary_unary(self, *_arguments: object, **_options: object) -> Callable[..., Awaitable[object]]:
        async def call(_request: object, *, timeout: float) -> str:
            assert timeout > 0
            self._nodes.asked.append(self._address)
            if code := self._nodes.refusals.get(self._address):
                # As a node says it when as many rows wait as it takes.
                said = status_of(TooManyRequests("full")).trailing_metadata if code is FULL else ()
                raise grpc.aio.AioRpcError(code, _NO_METADATA, grpc.aio.Metadata(*said), details="no")
            return self._address

        return call


class Server:
    """Says one answer after the other, and the last one for ever."""

    def __init__(self, *answers: Sequence[str], state: str = "running") -> None:
        self._answers = answers
        self._state = state
        self.questions = 0

    async def ask(self) -> DeploymentInfo:
        addresses = self._answers[min(self.questions, len(self._answers) - 1)]
        self.questions += 1
        replicas = tuple(_replica(address) for address in addresses)
        return DeploymentInfo("id", "digits", "local", self._state, "", "job", 1, 1, replicas, 0, 0.0, 0, None, None)


def _replica(address: str) -> ReplicaInfo:
    return ReplicaInfo(f"job-{address}", "running", True, 1, "node", address, "", "", 0, 0.0, 0.0, 0)


async def predict(server: Server, nodes: Nodes, *, seconds: float = 5.0, times: int = 1) -> list[str]:
    replicas = Replicas(server.ask, cast("Connection", nodes))
    return [await replicas.call("Infer", inference_pb2.InferRequest(), timeout_seconds=seconds) for _ in range(times)]


async def test_a_replica_that_is_gone_is_passed_over_and_others_have_turns() -> None:
    server, nodes = Server(("a", "b", "c")), Nodes(a=UNAVAILABLE)
    answers = await predict(server, nodes, times=6)
    assert set(answers) == {"b", "c"}
    assert (server.questions, nodes.asked.count("a")) == (1, 1)


async def test_a_replica_that_has_moved_is_found_at_once_where_it_was_known() -> None:
    server, nodes = Server(("a",), ("b",)), Nodes()
    replicas = Replicas(server.ask, cast("Connection", nodes))
    request = inference_pb2.InferRequest()
    assert await replicas.call("Infer", request, timeout_seconds=5) == "a"
    nodes.refusals["a"] = grpc.StatusCode.NOT_FOUND
    # Shorter than the pause: the first question after a refusal waits for nothing.
    assert await replicas.call("Infer", request, timeout_seconds=0.1) == "b"


async def test_a_server_that_names_a_dead_node_is_asked_a_few_times_a_second() -> None:
    server, nodes = Server(("a",)), Nodes(a=UNAVAILABLE)
    with pytest.raises(DeadlinePassed, match="the replica at a says no"):
        await predict(server, nodes, seconds=0.7)
    assert 3 <= server.questions <= 6


async def test_full_replicas_are_told_of_only_when_all_are_full() -> None:
    assert await predict(Server(("a", "b")), Nodes(a=FULL), times=2) == ["b", "b"]
    with pytest.raises(TooManyRequests):
        await predict(Server(("a", "b")), Nodes(a=FULL, b=FULL))


async def test_what_every_replica_would_refuse_is_asked_of_one() -> None:
    nodes = Nodes(a=grpc.StatusCode.INVALID_ARGUMENT, b=grpc.StatusCode.INVALID_ARGUMENT)
    with pytest.raises(InvalidField):
        await predict(Server(("a", "b")), nodes)
    assert len(nodes.asked) == 1


async def test_a_stopped_deployment_is_not_waited_for() -> None:
    with pytest.raises(WrongState, match="deployment digits is stopped"):
        await predict(Server((), state="stopped"), Nodes())
