"""What the control loop needs from the outside: small faces, each with one implementation, and fakes in tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from server_node.attempts.instructions import JournalRecord
from shared.identifiers import AttemptKey
from shared.node_messages import AttemptEnded, NodeMessage, OfferAttempt, PlanRequest, StopMode
from shared.permissions import Permission


class JournalPort(Protocol):
    """Where begun and ended attempts are written."""

    def append(self, records: Iterable[JournalRecord]) -> None:
        """Return when the records are durable; called from a thread of its own, one call at a time."""
        ...


class LinkPort(Protocol):
    """The control stream."""

    def send(self, link: int, message: NodeMessage) -> None:
        """Queue a message on that link; drop it when the link is gone."""
        ...

    def close_link(self, link: int, reason: str) -> None:
        """Give that link up; the dialler goes on with a new one."""
        ...


class TelemetryPort(Protocol):
    """The telemetry stream."""

    def open_session(self, session_id: str) -> None:
        """Let metrics and log lines flow under this session."""
        ...


class ExecutorPort(Protocol):
    """What runs attempts."""

    def start(self, offer: OfferAttempt) -> None:
        """Begin to run it."""
        ...

    def cancel(self, key: AttemptKey, mode: StopMode) -> bool:
        """Make it stop; False when nothing of that key runs."""
        ...

    def plan(self, request: PlanRequest) -> None:
        """Compile it on abstract shapes and report the answer."""
        ...


@dataclass(frozen=True, slots=True)
class CheckedCaller:
    """Somebody who calls a service of this node, as the central server knows them.

    Attributes:
        role: as in `shared.permissions`.
        token_id: of the token that they showed; empty without one.
        host: the address they come from.
    """

    user_id: str
    role: str
    token_id: str = ""
    host: str = ""


class CallerPort(Protocol):
    """What tells who calls a service of this node."""

    async def check(self, authorization: str, host: str, permission: Permission, what: str) -> CheckedCaller:
        """Return who it is that may; raises `NotAuthenticated`, `NotPermitted` or `ServerUnreachable`."""
        ...

    async def record(
        self, caller: CheckedCaller, action: str, *, subject: str = "", result: str = "ok", detail: str = ""
    ) -> None:
        """Have something written into the audit log; raises `ServerUnreachable`."""
        ...


class DeliveryPort(Protocol):
    """What brings results to the server and cleans up afterwards."""

    def deliver(self, ended: AttemptEnded) -> None:
        """Bring files and telemetry of that end to the server, and report when done."""
        ...

    def drop_result(self, key: AttemptKey) -> None:
        """Stop delivering it and remove its files."""
        ...

    def drop_checkpoint(self, job_id: str) -> None:
        """Remove the job's checkpoint."""
        ...
