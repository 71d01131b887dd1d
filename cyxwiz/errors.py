"""What can go wrong between a program and the central server, as classes.

Most are the tree of `shared.errors`, under one roof with the few that only a client can meet:

    CyxWizError
    ├── UserMistake             what was asked cannot be; `.field` names the place at fault
    │   ├── (InvalidField, NotFound, AlreadyExists, WrongState, TooLarge, OverQuota, NotSupported, BadData, …)
    │   ├── NotAllowed          the server knows who asks, and says no
    │   ├── JobFailed           a result was asked of a job that failed; `.job` says more
    │   └── JobCancelled        a result was asked of a job that was cancelled
    └── MachineFailure          may work again
        ├── ServerUnreachable   no central server answers there
        │   └── ServerNotTrusted    one does, and its certificate is not believed: not tried again
        ├── DeadlinePassed      there was no answer in the time that the caller gave
        ├── ServerFault         it answered that something broke inside it
        └── TransferDamaged     bytes arrived that are not the ones that were promised
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import (
    AlreadyExists,
    BadData,
    CyxWizError,
    DeadlinePassed,
    InvalidField,
    MachineFailure,
    NotFound,
    NotSupported,
    OutOfMemory,
    OverQuota,
    ServerUnreachable,
    StoreUnavailable,
    TooLarge,
    TooManyRequests,
    TrainingDiverged,
    UserMistake,
    WrongState,
)

if TYPE_CHECKING:
    from cyxwiz.records import JobInfo

__all__ = [
    "AlreadyExists",
    "BadData",
    "CyxWizError",
    "DeadlinePassed",
    "InvalidField",
    "JobCancelled",
    "JobFailed",
    "MachineFailure",
    "NotAllowed",
    "NotFound",
    "NotSupported",
    "OutOfMemory",
    "OverQuota",
    "ServerFault",
    "ServerNotTrusted",
    "ServerUnreachable",
    "StoreUnavailable",
    "TooLarge",
    "TooManyRequests",
    "TrainingDiverged",
    "TransferDamaged",
    "UserMistake",
    "WrongState",
]


CLIENT_IS_CLOSED = "the client is closed: make a new one, and use it before its close() or inside its with"
"""What a `WrongState` says to whoever goes on with a client that was closed, or with a job of it."""


class NotAllowed(UserMistake):
    """The caller may not do this."""

    code = "not_allowed"


class _NoResult(UserMistake):
    """A result was asked of a job that ended without one."""

    def __init__(self, message: str, job: JobInfo) -> None:
        """Keep the job as it ended."""
        super().__init__(message)
        self.job = job


class JobFailed(_NoResult):
    """The job failed; `.job.error` has the code and the sentence."""

    code = "job_failed"


class JobCancelled(_NoResult):
    """The job was cancelled."""

    code = "job_cancelled"


class ServerNotTrusted(ServerUnreachable):
    """A server answers, and it is not the one that was asked for: waiting does not help."""

    code = "server_not_trusted"


class ServerFault(MachineFailure):
    """The central server answered that something broke inside it; its log says what."""

    code = "server_fault"


class TransferDamaged(MachineFailure):
    """What arrived does not have the promised size or SHA-256."""

    code = "transfer_damaged"
