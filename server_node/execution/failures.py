"""What an exception in an attempt's thread becomes: a stable code and one sentence for the person whose job it was."""

from __future__ import annotations

from shared.errors import CyxWizError, OutOfMemory

_OUT_OF_MEMORY_WORDS = ("RESOURCE_EXHAUSTED", "out of memory", "Out of memory")


def code_and_sentence(failure: BaseException) -> tuple[str, str]:
    """Return the error code and the sentence for `failure`."""
    if isinstance(failure, CyxWizError):
        return failure.code, str(failure)
    text = " ".join(str(failure).split())
    if isinstance(failure, MemoryError) or any(word in text for word in _OUT_OF_MEMORY_WORDS):
        return OutOfMemory.code, f"the device ran out of memory: {text:.300}"
    if isinstance(failure, OSError):
        return "machine_failure", f"the node could not read or write: {text:.300}"
    return "internal", f"{type(failure).__name__} in the training thread: {text:.300}"


def is_expected(failure: BaseException) -> bool:
    """Tell whether the sentence alone explains it, so that no stack trace is needed in the node's own log."""
    return isinstance(failure, CyxWizError | MemoryError) and getattr(failure, "code", "") != "internal"
