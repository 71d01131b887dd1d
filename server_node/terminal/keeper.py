"""The process between a node and one terminal's program: starts it, and ends it with all that came of it.

It is run by its path and imports nothing of ours, so that it starts in a few milliseconds and reads nobody's settings.
What the program leaves behind, however often it forked or whatever session it fled to, becomes a child of this process
and is found here. Standard input is a pipe that the node holds: when it closes, because the node wants so or has died,
everything ends. Standard output is the terminal. It exits as the program did, with 128 and the number of a signal.

Usage: keeper.py PROGRAM ARGUMENT…
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

CANNOT_RUN = 127
"""What a shell exits with when there is no such program."""
HANG_UP_SECONDS = 0.3
TERMINATE_SECONDS = 0.7
KILL_SECONDS = 5.0
_LOOK_SECONDS = 0.01
_PR_SET_CHILD_SUBREAPER = 36
_TERMINAL = 1
_RESET = (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


def main(command: Sequence[str]) -> int:
    """Run the command to its end, and return what to exit with."""
    _adopt_orphans()
    news, bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends last, whoever is signalled as a group
    program = os.fork()
    if program == 0:
        _become(command)
    code = _wait(program, news)
    return _end_everybody(program, code)


def _adopt_orphans() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the kernel does not let this process adopt orphans")


def _become(command: Sequence[str]) -> NoReturn:
    """Make the terminal that of a new session, and become the program in it."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (*_RESET, signal.SIGCHLD, signal.SIGHUP, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        fcntl.ioctl(_TERMINAL, termios.TIOCSCTTY, 0)
        os.dup2(_TERMINAL, 0)
        os.dup2(_TERMINAL, 2)
        os.execvp(command[0], [*command])  # noqa: S606 - the node chose what runs; no shell is in between
    except OSError as refusal:
        os.write(2, f"{command[0]} cannot be run: {refusal.strerror}\r\n".encode())
    finally:
        os._exit(CANNOT_RUN)


def _wait(program: int, news: int) -> int | None:
    """Wait until the program or its node is gone, and return its code where it has one."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(news, select.POLLIN)
    while True:
        ready = dict(poll.poll())
        if news in ready:
            os.read(news, 4096)
            ended = _reap()
            if ended and program in ended:
                return ended[program]
        if 0 in ready and not os.read(0, 4096):
            return None


def _end_everybody(program: int, code: int | None) -> int:
    """Ask what still runs to end, less and less kindly, and return the program's code."""
    for number, seconds in (
        (signal.SIGHUP, HANG_UP_SECONDS),
        (signal.SIGTERM, TERMINATE_SECONDS),
        (signal.SIGKILL, KILL_SECONDS),
    ):
        until = time.monotonic() + seconds
        _signal_all(number)
        while time.monotonic() < until:
            ended = _reap()
            if ended is None:
                return CANNOT_RUN if code is None else code
            code = ended.get(program, code)
            time.sleep(_LOOK_SECONDS)
            if number == signal.SIGKILL:
                _signal_all(number)  # one that forked while we looked
    return CANNOT_RUN if code is None else code


def _reap() -> dict[int, int] | None:
    """Return the codes of the children that have ended, None where there are no children at all."""
    ended: dict[int, int] = {}
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended or None
        if child == 0:
            return ended
        code = os.waitstatus_to_exitcode(status)
        ended[child] = 128 - code if code < 0 else code


def _signal_all(number: int) -> None:
    for process in _descendants():
        try:
            os.kill(process, number)
            os.kill(process, signal.SIGCONT)  # who is stopped hears nothing
        except (ProcessLookupError, PermissionError):
            continue


def _descendants() -> list[int]:
    """Return every process that came of this one."""
    children: dict[int, list[int]] = {}
    for process, parent in _processes():
        children.setdefault(parent, []).append(process)
    found = list(children.get(os.getpid(), ()))
    for process in found:  # it grows while we walk
        found += children.get(process, ())
    return found


def _processes() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_bytes()
            except OSError:
                continue  # it has ended meanwhile
            # The name, in parentheses, may hold anything, parentheses too.
            yield int(folder.name), int(status.rpartition(b")")[2].split()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
