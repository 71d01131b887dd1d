"""The ways to a deployment's replicas: asks the central server where they are, and one after the other for an answer.

A replica that does not answer is passed over for the next; when none is left, the central server is asked again, until
the caller's time is up. So a node may go, and a model be replaced, between two predictions or in the middle of one.
The server names a node that is gone until its lease ends: what it names twice is asked after a pause.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import grpc

from cyxwiz.aio.connection import Connection
from cyxwiz.aio.rpc_errors import error_from_rpc
from cyxwiz.deployment_records import DeploymentInfo, ReplicaInfo
from cyxwiz.errors import ServerNotTrusted, TooManyRequests
from shared.clock import Clock, SystemClock
from shared.errors import CyxWizError, DeadlinePassed, MachineFailure, WrongState
from shared.pb import inference_pb2_grpc

ASK_AGAIN_SECONDS = 0.2
_OVER = frozenset({"stopped", "failed", "terminated"})
_ELSEWHERE = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.CANCELLED})
"""Another replica may answer where one says this."""


class Replicas:
    """Belongs to the event loop that made it.

    Args:
        ask: gives the deployment as it is now.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[DeploymentInfo]], connection: Connection, *, clock: Clock | None = None
    ) -> None:
        self._ask = ask
        self._connection = connection
        self._clock = clock or SystemClock()
        self._known: list[ReplicaInfo] = []
        self._turn = 0

    async def call(self, method: str, request: object, *, timeout_seconds: float) -> Any:  # what the method answers
        """Return the answer of some replica.

        Raises:
            InvalidField: the model does not take such inputs.
            TooManyRequests: every replica has as many rows waiting as it takes.
            WrongState: the deployment is stopped, or cannot be served.
            DeadlinePassed: the time was too short.
        """
        until = self._clock.monotonic_seconds() + timeout_seconds
        pause_seconds = 0.0
        refusal: CyxWizError = MachineFailure("none is known yet")
        while True:
            told = await self._ask_each(method, request, until, refusal)
            if not isinstance(told, CyxWizError):
                return told.answer
            refusal = told
            if isinstance(refusal, TooManyRequests):
                raise refusal
            if self._clock.monotonic_seconds() + pause_seconds > until:
                raise _too_late(refusal)
            await asyncio.sleep(pause_seconds)
            pause_seconds = ASK_AGAIN_SECONDS
            await self._find(until, refusal)

    async def _ask_each(self, method: str, request: object, until: float, refusal: CyxWizError) -> _Given | CyxWizError:
        """Return an answer, or why there is none; `refusal` is why there was none before."""
        for replica in self._in_turn():
            left = until - self._clock.monotonic_seconds()
            if left <= 0:
                raise _too_late(refusal)
            stub = inference_pb2_grpc.InferenceServiceStub(
                self._connection.node_channel(replica.address, replica.node_id)
            )
            try:
                return _Given(await getattr(stub, method)(request, timeout=left))
            except grpc.aio.AioRpcError as error:
                refusal = self._passed_over(replica, error)
        return refusal

    def _passed_over(self, replica: ReplicaInfo, error: grpc.aio.AioRpcError) -> CyxWizError:
        """Return why this one did not answer; raise what every other one would say too."""
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            raise DeadlinePassed(f"the replica at {replica.address} did not answer in the time that the caller gave")
        told = error_from_rpc(error, address=replica.address)
        if error.code() in _ELSEWHERE:
            self._known = [one for one in self._known if one.job_id != replica.job_id]
            return told if isinstance(told, ServerNotTrusted) else _silent(replica, error)
        if isinstance(told, TooManyRequests):
            return told
        raise told

    async def _find(self, until: float, refusal: CyxWizError) -> None:
        """Ask where there are replicas until there is one."""
        while True:
            info = await self._ask()
            self._known = [replica for replica in info.ready if replica.address]
            if self._known:
                return
            if info.state in _OVER:
                raise WrongState(f"deployment {info.name} is {info.state}{f': {info.message}' if info.message else ''}")
            if self._clock.monotonic_seconds() + ASK_AGAIN_SECONDS > until:
                raise MachineFailure(
                    f"no replica of {info.name} answers: it is {info.state}; {info.message or refusal}"
                )
            await asyncio.sleep(ASK_AGAIN_SECONDS)

    def _in_turn(self) -> Sequence[ReplicaInfo]:
        """Return the replicas, beginning with another one each time, so that all have about as much to do."""
        if not self._known:
            return ()
        self._turn = (self._turn + 1) % len(self._known)
        return (*self._known[self._turn :], *self._known[: self._turn])


def _too_late(refusal: CyxWizError) -> DeadlinePassed:
    return DeadlinePassed(f"no replica answered in the time that the caller gave: {refusal}")


def _silent(replica: ReplicaInfo, error: grpc.aio.AioRpcError) -> MachineFailure:
    return MachineFailure(f"the replica at {replica.address} says {error.details() or error.code().name}")


class _Given:
    """An answer, to be told from a refusal."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
