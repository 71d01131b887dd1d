"""What a device says when it cannot go on, in the words of our own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jax

from shared.errors import OutOfMemory

EXHAUSTED = "RESOURCE_EXHAUSTED"


@contextmanager
def device_failures(what: str) -> Iterator[None]:
    """Turn the runtime's report of exhausted memory into `OutOfMemory`, naming what was being done."""
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if EXHAUSTED not in str(error):
            raise
        raise OutOfMemory(f"the device ran out of memory while {what}: {str(error).splitlines()[0]}") from error
    except MemoryError as error:
        raise OutOfMemory(f"the machine ran out of memory while {what}") from error
