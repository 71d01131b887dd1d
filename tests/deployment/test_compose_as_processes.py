"""The services of docker-compose.yml, started as plain processes, come up, find each other and end cleanly."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.compose_file import read_compose_file
from tests.deployment.service_process import Loopback, ServiceProcess, wait_until

_COMPOSE = read_compose_file()
_HEALTHY_SECONDS = 90.0


@pytest.fixture
def loopback(tmp_path: Path) -> Loopback:
    return Loopback(tmp_path)


@pytest.fixture
def services(loopback: Loopback) -> Iterator[dict[str, ServiceProcess]]:
    """Every service, started in the order that depends_on asks for and killed at the end."""
    started: dict[str, ServiceProcess] = {}
    try:
        for name, service in _COMPOSE.services.items():
            for other in service.depends_on:
                started[other].wait_until_healthy(_HEALTHY_SECONDS)
            started[name] = ServiceProcess(name, service, loopback)
        yield started
    finally:
        for process in started.values():
            process.kill()


@pytest.mark.timeout(240)
def test_both_nodes_are_welcomed_every_healthcheck_passes_and_sigterm_ends_all_with_0(
    services: dict[str, ServiceProcess], loopback: Loopback
) -> None:
    url = f"http://127.0.0.1:{loopback.port(8080)}/api/v1/nodes"
    wait_until(lambda: _names(url) == {"node-1", "node-2"}, _HEALTHY_SECONDS, "both nodes to be listed")
    for process in services.values():
        process.wait_until_healthy(_HEALTHY_SECONDS)
    for process in services.values():
        process.ask_to_stop()
    exit_codes = {name: process.wait_for_exit() for name, process in services.items()}
    assert exit_codes == dict.fromkeys(services, 0)


def _names(url: str) -> set[str]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        nodes: list[dict[str, Any]] = json.load(answer)
    return {node["name"] for node in nodes}
