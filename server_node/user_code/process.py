"""One process with a user's code, from its start to its certain end.

It is a session of its own, so that one signal reaches all it started; nothing it does can keep it alive. The node's
end of the channel is closed by every other holder only when all of them are gone: that is how we know.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import psutil

from server_node.user_code.channel import Channel, ChannelBroken, ChannelClosed
from server_node.user_code.messages import Answer, Begin, Question, UserCodeFailed, error_from
from server_node.user_code.sandbox import command_for, environment_for
from shared.errors import MachineFailure
from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)
_END_SECONDS = 10.0
_OUTPUT_PIECES = 16
_PIECE_BYTES = 1024
_SHOWN_CHARACTERS = 500

GiveUp = Callable[[], None]
"""Called some times a second while the node waits; raises to end the wait."""


class UserProcess:
    """Started when made; `end` kills it and everything of it, and is called at the latest when nobody holds it.

    Args:
        folder: where its work folder is made, and removed when it ends.
        readable: what it may read beside the system, where there are walls.
        uses_gpu: whether it needs the NVIDIA devices.
    """

    def __init__(self, folder: Path, readable: Iterable[Path], *, uses_gpu: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.work = Path(tempfile.mkdtemp(dir=folder)).resolve()
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _started(self.work, theirs.fileno(), readable, uses_gpu=uses_gpu)
            except OSError as failure:
                ours.close()
                shutil.rmtree(self.work, ignore_errors=True)
                raise MachineFailure(f"the process for a user's model could not be started: {failure}") from failure
        self._channel = Channel(ours)
        self._output: deque[bytes] = deque(maxlen=_OUTPUT_PIECES)
        output = self._process.stdout
        assert output is not None, "a pipe was asked for"
        threading.Thread(target=_drain, args=(output, self._output), name="user-code-output", daemon=True).start()
        self.end = weakref.finalize(self, _end, self._process, self._channel, self.work)

    def begin(self, begin: Begin, give_up: GiveUp) -> None:
        """Tell it its limits and wait until it is ready to be asked; raises as `ask` does."""
        self._exchange(begin, give_up)

    def ask(self, question: Question, give_up: GiveUp) -> Answer:
        """Ask, and wait for the answer.

        Raises:
            CyxWizError: what it reports, or that it died, or that it does not keep to the protocol.
        """
        return self._exchange(question, give_up)

    def _exchange(self, message: Begin | Question, give_up: GiveUp) -> Answer:
        try:
            self._channel.send(message)
            answer = self._channel.receive(Answer, give_up=give_up)
        except ChannelClosed:
            raise self._death() from None
        except ChannelBroken as broken:
            self.end()
            raise UserCodeFailed(f"the process of the user's model broke the node's protocol: {broken}") from broken
        if answer.failed is not None:
            raise error_from(answer.failed)
        return answer

    def _death(self) -> UserCodeFailed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        code = self._process.returncode
        self.end()
        words = b"".join(self._output).decode(errors="replace")
        said = " ".join("".join(c if c.isprintable() else " " for c in words).split())[-_SHOWN_CHARACTERS:]
        return UserCodeFailed(
            f"the process of the user's model ended by itself ({_how(code)}), perhaps at one of its limits"
            + (f"; its last words: {said}" if said else "")
        )


def _started(work: Path, descriptor: int, readable: Iterable[Path], *, uses_gpu: bool) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own command, made of a list, through no shell
        command_for(descriptor, work, readable, uses_gpu=uses_gpu),
        cwd=work,
        env=dict(environment_for(work, uses_gpu=uses_gpu)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(descriptor,),
        start_new_session=True,
    )


def _drain(output: BinaryIO, kept: deque[bytes]) -> None:
    with output, contextlib.suppress(OSError, ValueError):
        while piece := os.read(output.fileno(), _PIECE_BYTES):
            kept.append(piece)


def _end(process: subprocess.Popen[bytes], channel: Channel, work: Path) -> None:
    family = _descendants(process.pid) if process.poll() is None else []  # also those in sessions of their own
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    for one in family:
        with contextlib.suppress(psutil.Error):
            one.kill()
    try:
        process.wait(_END_SECONDS)
        if not channel.wait_until_closed(_END_SECONDS):
            log_event(_LOG, "user_code_left_processes", is_error=True, pid=process.pid)
    except subprocess.TimeoutExpired:
        log_event(_LOG, "user_code_unkillable", is_error=True, pid=process.pid)
    channel.close()
    shutil.rmtree(work, ignore_errors=True)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _how(code: int | None) -> str:
    if code is None:
        return "it still lingers"
    number = -code if code < 0 else code - 128  # bubblewrap says 128 + signal
    try:
        return f"signal {signal.Signals(number).name}" if code < 0 or code > 128 else f"exit code {code}"
    except ValueError:
        return f"exit code {code}"
