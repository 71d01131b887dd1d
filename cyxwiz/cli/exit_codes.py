"""What each exit code means, and which error and which job's end leads to which."""

from __future__ import annotations

from enum import IntEnum

from cyxwiz.errors import JobCancelled, JobFailed, NotAllowed, ServerUnreachable
from shared.errors import CyxWizError, NotFound, UserMistake
from shared.lifecycle import JobState


class ExitCode(IntEnum):
    """The documented codes; scripts rely on them."""

    DONE = 0
    JOB_FAILED = 1
    BAD_INPUT = 2
    JOB_CANCELLED = 3
    NOT_FOUND = 4
    UNREACHABLE = 5
    NOT_ALLOWED = 6
    BROKEN = 70
    """Something broke that is not the caller's fault."""
    INTERRUPTED = 130


# The first that fits counts, so the particular come before UserMistake, which they are.
_CODE_OF_ERROR: tuple[tuple[type[CyxWizError], ExitCode], ...] = (
    (JobFailed, ExitCode.JOB_FAILED),
    (JobCancelled, ExitCode.JOB_CANCELLED),
    (NotFound, ExitCode.NOT_FOUND),
    (NotAllowed, ExitCode.NOT_ALLOWED),
    (UserMistake, ExitCode.BAD_INPUT),
    (ServerUnreachable, ExitCode.UNREACHABLE),
)


def exit_code_of_error(error: CyxWizError) -> ExitCode:
    """Return the code for an error that ends a command."""
    return next((code for kind, code in _CODE_OF_ERROR if isinstance(error, kind)), ExitCode.BROKEN)


def exit_code_of_job(state: JobState) -> ExitCode:
    """Return the code for a job that has ended."""
    match state:
        case JobState.FAILED:
            return ExitCode.JOB_FAILED
        case JobState.CANCELLED:
            return ExitCode.JOB_CANCELLED
        case _:
            return ExitCode.DONE
