"""The central server and the nodes of a chaos run: real processes, started, killed, frozen and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

_RESTART_SECONDS = 0.3


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Supervised:
    """One program that is started again whenever it ends, until `stop`."""

    def __init__(self, module: str, arguments: list[str], log: Path, environment: dict[str, str]) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._log = log.open("ab")
        self._environment = os.environ | environment
        self._is_over = False
        self.process = self._start()
        self._keeper = threading.Thread(target=self._keep, name=f"keeper of {module}", daemon=True)
        self._keeper.start()

    def kill(self) -> None:
        """End it without a warning."""
        self._signal(signal.SIGKILL)

    def freeze(self, seconds: float) -> None:
        """Stop it for a while."""
        process = self.process
        self._signal(signal.SIGSTOP)
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self._is_over = True
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._log.close()
        return code

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command, stdout=self._log, stderr=self._log, env=self._environment, start_new_session=True
        )

    def _keep(self) -> None:
        while not self._is_over:
            self.process.wait()
            time.sleep(_RESTART_SECONDS)
            if not self._is_over:
                self.process = self._start()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
