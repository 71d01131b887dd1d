"""The services of docker-compose.yml, started as plain processes, come up, find each other and end cleanly."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import cyxwiz
from central_server.artifacts.bucket import Bucket
from tests.deployment.compose_file import REPOSITORY, read_compose_file, read_env_file
from tests.deployment.service_process import Loopback, ServiceProcess, prepare, wait_until
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
        prepare(_COMPOSE.preparations["certificates"], loopback)
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
    with an_admin(loopback) as client:
        wait_until(
            lambda: {node.name for node in client.nodes()} == {"node-1", "node-2"},
            _HEALTHY_SECONDS,
            "both nodes to be listed",
        )
    for process in services.values():
        process.wait_until_healthy(_HEALTHY_SECONDS)
    for process in services.values():
        process.ask_to_stop()
    exit_codes = {name: process.wait_for_exit() for name, process in services.items()}
    assert exit_codes == dict.fromkeys(services, 0)


@pytest.mark.slow
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
        prepare(compose.preparations["certificates"], loopback)
        for name in ("central-server", "node-1"):
            process = ServiceProcess(name, compose.services[name], loopback)
            stack.callback(process.kill)
            process.wait_until_healthy(_HEALTHY_SECONDS)
        with an_admin(loopback) as client:
            info = client.submit(a_short_job()).wait(timeout_seconds=120)
        assert (info.state, info.result is not None) == ("succeeded", True)
        for name, value in (variables | instead).items():
            monkeypatch.setenv(name, value)
        assert info.result is not None
        assert info.result.weights_sha256 in asyncio.run(_names_in(variables["CYXWIZ_CENTRAL_ARTIFACTS"]))
    assert {path.name for path in (tmp_path / "central-server-state").iterdir()} == {"admin-token", "tls", "uploads"}


def test_a_second_preparation_changes_nothing(loopback: Loopback) -> None:
    certificates = _COMPOSE.preparations["certificates"]
    prepare(certificates, loopback)
    before = {path: path.read_bytes() for path in loopback.root.rglob("*") if path.is_file()}
    assert "kept" in prepare(certificates, loopback)
    assert {path: path.read_bytes() for path in loopback.root.rglob("*") if path.is_file()} == before
    assert {path.name for path in (loopback.root / "hand-out").iterdir()} == {"ca.pem", "node-1", "node-2", "gpu-node"}


def an_admin(loopback: Loopback) -> cyxwiz.Client:
    """A person with a certificate from the central server's own folder."""
    folder = loopback.root / "central-server-state" / "tls"
    command = [sys.executable, "-m", "cyxwiz", "tls", "client", "me", "--role", "admin", "--dir", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return cyxwiz.Client(
        f"127.0.0.1:{loopback.port(50054)}",
        ca=folder / "ca.pem",
        certificate=(folder / "clients/me.pem", folder / "clients/me.key"),
    )


async def _names_in(url: str) -> set[str]:
    return {found.key.rsplit("/", 1)[-1] async for found in Bucket(url).all()}
