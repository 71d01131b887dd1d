"""Every error CyxWiz raises on purpose, as one tree whose four branches are treated differently.

    CyxWizError
    ├── OurBug              we broke a promise of our own: crash, with a trace
    ├── PeerFault           the other end of a stream broke the protocol: close that stream
    ├── UserMistake         what was asked cannot be: tell the person, never retry
    │   ├── InvalidField        a field is missing, wrong or out of range
    │   ├── NotFound            no such job, node, artifact
    │   ├── AlreadyExists       the same id with other content
    │   ├── WrongState          the thing is there, but not in a state that allows this
    │   ├── TooLarge            over a stated limit
    │   ├── OverQuota           more than this user may have at once
    │   ├── NotAuthenticated    credentials are wrong, expired, revoked, or missing where they are needed
    │   ├── NotPermitted        it is known who asks, and they may not
    │   ├── TooManyRequests     faster than this caller may ask; it may be asked for again a little later
    │   ├── NotSupported        understood, and not offered
    │   ├── BadData             the dataset itself is at fault
    │   └── TrainingDiverged    the loss stopped being a number
    └── MachineFailure      disk, database, network, device: retry with backoff
        ├── StoreUnavailable    a commit failed; nothing of the batch happened
        │   └── NotTheDecider       another server decides now; ask that one
        ├── ServerUnreachable   no connection, or it was cut
        ├── OutOfMemory         a device could not hold what was asked of it
        └── DeadlinePassed      the caller's deadline passed before the answer was there

`code` is stable: clients, stored jobs and scripts rely on it.
"""

from __future__ import annotations


class CyxWizError(Exception):
    """The root of the tree; `code` is stable, the text is one sentence for a person."""

    code = "error"


class OurBug(CyxWizError):
    """An invariant of our own does not hold."""

    code = "internal"


class PeerFault(CyxWizError):
    """The peer sent what the protocol forbids."""

    code = "protocol_violation"


class UserMistake(CyxWizError):
    """What was asked cannot be done; `field` names the place at fault, empty when there is no single one."""

    code = "user_mistake"

    def __init__(self, message: str, *, field: str = "") -> None:
        """Keep the sentence and the dotted path of the field at fault."""
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidField(UserMistake):
    """A field is missing, has the wrong type, or is out of range."""

    code = "invalid_argument"


class NotFound(UserMistake):
    """The named thing does not exist."""

    code = "not_found"


class AlreadyExists(UserMistake):
    """The id is taken by something else."""

    code = "already_exists"


class WrongState(UserMistake):
    """The thing exists, but what was asked needs it in another state."""

    code = "failed_precondition"


class TooLarge(UserMistake):
    """More than a stated limit allows."""

    code = "resource_exhausted"


class OverQuota(UserMistake):
    """More than this user may have at once; it may be asked for again later."""

    code = "over_quota"


class NotAuthenticated(UserMistake):
    """The credentials are wrong, expired or revoked, or missing where they are needed."""

    code = "unauthenticated"


class NotPermitted(UserMistake):
    """It is known who asks, and they may not."""

    code = "permission_denied"


class TooManyRequests(UserMistake):
    """Faster than this caller may ask; `retry_after_seconds` says how long to wait."""

    code = "too_many_requests"

    def __init__(self, message: str, *, field: str = "", retry_after_seconds: float = 1.0) -> None:
        """Keep the sentence and the wait."""
        super().__init__(message, field=field)
        self.retry_after_seconds = retry_after_seconds


class NotSupported(UserMistake):
    """Understood, and not offered."""

    code = "unimplemented"


class BadData(UserMistake):
    """The dataset is missing, empty, cut short, of the wrong type or out of range."""

    code = "bad_data"


class TrainingDiverged(UserMistake):
    """The loss became NaN or infinite; the message names the step."""

    code = "training_diverged"


class MachineFailure(CyxWizError):
    """Something under us failed and may work again."""

    code = "machine_failure"


class StoreUnavailable(MachineFailure):
    """The store could not commit."""

    code = "store_unavailable"


class NotTheDecider(StoreUnavailable):
    """Of the servers on one database another one decides; the message says which."""

    code = "not_the_decider"


class ServerUnreachable(MachineFailure):
    """The central server does not answer."""

    code = "server_unreachable"


class OutOfMemory(MachineFailure):
    """A device could not hold what was asked of it."""

    code = "out_of_memory"


class DeadlinePassed(MachineFailure):
    """The caller's deadline passed before there was an answer."""

    code = "deadline_exceeded"
