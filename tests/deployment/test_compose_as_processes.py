"""The services of docker-compose.yml, started as plain processes, come up, find each other and end cleanly."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import cyxwiz
from central_server.artifacts.bucket import Bucket
from tests.deployment.compose_file import REPOSITORY, read_compose_file, read_env_file
from tests.deployment.service_process import Loopback, ServiceProcess, wait_until
from tests.end_to_end.jobs import a_short_job
from tests.s3_server import an_s3_server

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
            for other in service.depends_on.keys() & _COMPOSE.services.keys():
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


@pytest.mark.timeout(240)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")  # moto's own
def test_with_the_profiles_a_job_runs_and_its_state_is_in_postgresql_and_its_files_in_the_bucket(
    tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = read_env_file(REPOSITORY / "examples/compose/postgresql-and-object-store.env")
    compose = read_compose_file(variables=variables)
    with ExitStack() as stack:
        s3 = stack.enter_context(an_s3_server())
        s3.make_bucket("cyxwiz")
        instead = {"CYXWIZ_CENTRAL_DATABASE": postgresql_url, "AWS_ENDPOINT_URL": s3.endpoint}
        loopback = Loopback(tmp_path, instead=instead)
        for name in ("central-server", "node-1"):
            process = ServiceProcess(name, compose.services[name], loopback)
            stack.callback(process.kill)
            process.wait_until_healthy(_HEALTHY_SECONDS)
        with cyxwiz.Client(f"127.0.0.1:{loopback.port(50051)}") as client:
            info = client.submit(a_short_job()).wait(timeout_seconds=120)
        assert (info.state, info.result is not None) == ("succeeded", True)
        for name, value in (variables | instead).items():
            monkeypatch.setenv(name, value)
        assert info.result is not None
        assert info.result.weights_sha256 in asyncio.run(_names_in(variables["CYXWIZ_CENTRAL_ARTIFACTS"]))
    assert list((tmp_path / "central-server-state").rglob("*")) == [tmp_path / "central-server-state" / "uploads"]


async def _names_in(url: str) -> set[str]:
    return {found.key.rsplit("/", 1)[-1] async for found in Bucket(url).all()}


def _names(url: str) -> set[str]:
    with urllib.request.urlopen(url, timeout=5) as answer:
        nodes: list[dict[str, Any]] = json.load(answer)
    return {node["name"] for node in nodes}
