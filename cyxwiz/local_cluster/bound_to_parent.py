"""Becomes another program that the kernel kills when its parent dies, however that dies. Run as a script.

Usage: `python bound_to_parent.py PARENT_PID PROGRAM ARGUMENT…`. It exists because the wish must be made in the child,
between its start and the program's: code there in the parent's memory (`preexec_fn`) is unsafe beside threads.
It imports nothing but the standard library, so that it costs milliseconds.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Bind to the parent, then become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that started this one has gone already")
    os.execv(program[0], program)  # noqa: S606  # our own command, made of a list, through no shell


if __name__ == "__main__":
    main()
