"""What the C library does with memory that is freed: kept for the next step while jobs run, given back when one ends.

On CPUs XLA asks for the temporary memory of a program at every call and frees it after. glibc fetches such large
blocks from the system and returns them each time, and the system clears every page anew: a quarter of the core time
of a transformer's step, a third of a convolution's. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8
_NEVER = -1


def keep_freed_memory() -> bool:
    """Have freed memory kept by the process; called once, before it starts threads. Tell whether the library can.

    All threads share one arena: the others hold blocks of 64 MiB at most, and larger ones would come from the system.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    options = ((_M_ARENA_MAX, 1), (_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, _NEVER))
    return all(set_option(option, value) for option, value in options)


def give_back_freed_memory() -> None:
    """Return to the system every page that nothing lies on; what is in use stays, and the next step asks anew."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
