"""docker-compose.yml says what it means: it parses strictly, and everything it refers to exists."""

import re

import pytest
import yaml

from tests.deployment.compose_file import REPOSITORY, ComposeFile, read_compose_file, seconds_from_duration

_COMPOSE = read_compose_file()
_SERVICES = pytest.mark.parametrize("name", _COMPOSE.services)


def test_there_are_one_central_server_and_two_nodes() -> None:
    assert list(_COMPOSE.services) == ["central-server", "node-1", "node-2"]


def test_top_level_keys_are_those_of_the_specification_or_our_own() -> None:
    keys = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    assert {key for key in keys if not key.startswith("x-")} == set(ComposeFile.model_fields)


@_SERVICES
def test_a_service_builds_a_target_of_the_dockerfile(name: str) -> None:
    service = _COMPOSE.services[name]
    stages = re.findall(r"^FROM .+ AS (\S+)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    assert service.build.target in stages
    assert (REPOSITORY / service.build.context / "Dockerfile").is_file()


@_SERVICES
def test_a_service_waits_only_for_services_that_exist_and_can_be_healthy(name: str) -> None:
    for other, dependency in _COMPOSE.services[name].depends_on.items():
        assert other in _COMPOSE.services
        assert dependency.condition == "service_healthy"


@_SERVICES
def test_a_service_keeps_its_state_in_a_volume_of_its_own(name: str) -> None:
    (mount,) = _COMPOSE.services[name].volumes
    volume, folder = mount.split(":")
    users = [other for other, service in _COMPOSE.services.items() if mount in service.volumes]
    assert volume in _COMPOSE.volumes
    assert users == [name]
    assert _argument(name, "--state-dir") == folder


def test_no_volume_is_declared_in_vain() -> None:
    used = {mount.split(":")[0] for service in _COMPOSE.services.values() for mount in service.volumes}
    assert set(_COMPOSE.volumes) == used


@_SERVICES
def test_ports_are_published_on_this_machine_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in _COMPOSE.services[name].ports)


def test_published_ports_are_those_the_central_server_listens_on() -> None:
    published = {port.rsplit(":", 1)[1] for port in _COMPOSE.services["central-server"].ports}
    listening = {_argument("central-server", flag).rsplit(":", 1)[1] for flag in ("--listen", "--http-listen")}
    assert published == listening


@pytest.mark.parametrize("name", ["node-1", "node-2"])
def test_a_node_dials_the_central_server_under_its_own_name(name: str) -> None:
    host, port = _argument(name, "--server").split(":")
    assert host in _COMPOSE.services[name].depends_on
    assert port == _argument("central-server", "--listen").rsplit(":", 1)[1]
    assert _argument(name, "--name") == name
    assert _COMPOSE.services[name].healthcheck.command[-1] == name


@_SERVICES
def test_a_healthcheck_gives_up_before_the_next_one_starts(name: str) -> None:
    check = _COMPOSE.services[name].healthcheck
    assert check.command[0] == "python"
    assert seconds_from_duration(check.timeout) < seconds_from_duration(check.interval)


def _argument(service: str, flag: str) -> str:
    command = _COMPOSE.services[service].command
    return command[command.index(flag) + 1]
