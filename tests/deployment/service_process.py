"""A service of the compose file as a plain process: the same command, environment and healthcheck, on loopback.

Host names become 127.0.0.1, the ports of the file become free ones, volumes become folders. Nothing else is changed.
"""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.deployment.compose_file import Preparation, Service, seconds_from_duration

_ADDRESS = re.compile(r"(central-server|0\.0\.0\.0|127\.0\.0\.1):(\d+)")


@dataclass(frozen=True, slots=True)
class Loopback:
    """Where the file's addresses and volumes are on this machine.

    Attributes:
        root: the folder that holds one folder a volume.
        ports: a free port for each port of the file.
        instead: variables whose values name a place that is elsewhere on this machine.
    """

    root: Path
    ports: dict[int, int] = field(default_factory=dict)
    instead: dict[str, str] = field(default_factory=dict)

    def translate(self, service: Service | Preparation, words: Iterable[str]) -> list[str]:
        """The words of a command with this machine's addresses, folders and Python."""
        python, *arguments = words
        assert python == "python"
        return [sys.executable, *(self._addresses_in(self._folders_in(service, word)) for word in arguments)]

    def _folders_in(self, service: Service | Preparation, word: str) -> str:
        for mount in service.volumes:
            volume, target = mount.split(":")[:2]
            if word == target or word.startswith(f"{target}/"):
                return f"{self.root / volume}{word.removeprefix(target)}"
        return word

    def _addresses_in(self, word: str) -> str:
        return _ADDRESS.sub(lambda match: f"127.0.0.1:{self.port(int(match[2]))}", word)

    def port(self, port: int) -> int:
        """The free port that stands for one of the file's."""
        if port not in self.ports:
            with socket.create_server(("127.0.0.1", 0)) as server:
                self.ports[port] = int(server.getsockname()[1])
        return self.ports[port]


def prepare(preparation: Preparation, loopback: Loopback) -> str:
    """Run a container's command that ends by itself, and return what it said."""
    for volume in preparation.volumes:
        (loopback.root / volume.split(":")[0]).mkdir(exist_ok=True)
    done = subprocess.run(
        loopback.translate(preparation, preparation.command),
        env={"PATH": "/usr/bin:/bin", "HOME": str(loopback.root)} | preparation.environment,
        capture_output=True,
        text=True,
        cwd=loopback.root,
        check=True,
        timeout=60,
    )
    return done.stdout


class ServiceProcess:
    """One running service, with its output in a file beside its volumes."""

    def __init__(self, name: str, service: Service, loopback: Loopback) -> None:
        self.name = name
        self.log = loopback.root / f"{name}.log"
        self._service = service
        self._loopback = loopback
        self._environment = {"PATH": "/usr/bin:/bin", "HOME": str(loopback.root), "PYTHONUNBUFFERED": "1"}
        self._environment |= service.environment | loopback.instead
        for volume in service.volumes:
            (loopback.root / volume.split(":")[0]).mkdir(exist_ok=True)
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                loopback.translate(service, service.command),
                env=self._environment,
                cwd=loopback.root,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_healthy(self, deadline_seconds: float) -> None:
        """Asks by the healthcheck's own command until it says yes."""
        wait_until(self.is_healthy, deadline_seconds, f"{self.name} to be healthy; its output: {self.log}")

    def is_healthy(self) -> bool:
        """Whether the healthcheck's command exits with 0 in its time."""
        assert self._process.poll() is None, f"{self.name} has ended:\n{self.log.read_text()[-4000:]}"
        check = self._service.healthcheck
        try:
            answer = subprocess.run(
                self._loopback.translate(self._service, check.command),
                env=self._environment,
                capture_output=True,
                timeout=seconds_from_duration(check.timeout),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        return answer.returncode == 0

    def ask_to_stop(self) -> None:
        """Sends SIGTERM, as `docker compose stop` does."""
        self._process.terminate()

    def wait_for_exit(self) -> int:
        """The exit code, when it comes in the time that the file grants for stopping."""
        return self._process.wait(seconds_from_duration(self._service.stop_grace_period))

    def kill(self) -> None:
        """Ends it whatever it does; nothing happens when it has ended."""
        self._process.kill()
        self._process.wait()


def wait_until(condition: Callable[[], bool], deadline_seconds: float, expected: str) -> None:
    """Asks again and again until the condition holds.

    Raises:
        TimeoutError: it did not hold by the deadline.
    """
    give_up = time.monotonic() + deadline_seconds
    while not condition():
        if time.monotonic() > give_up:
            raise TimeoutError(f"expected {expected} within {deadline_seconds:g} s")
        time.sleep(0.2)
