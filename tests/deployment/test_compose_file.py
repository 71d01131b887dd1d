"""The compose files say what they mean: they follow the specification, and everything they refer to exists."""

import re
from itertools import pairwise

import pytest

from central_server.settings import Settings
from tests.deployment.compose_file import (
    COMPOSE_FILES,
    REPOSITORY,
    errors_by_the_specification,
    load,
    read_compose_file,
    read_env_file,
    seconds_from_duration,
)

_COMPOSE = read_compose_file()
_GPU = read_compose_file("docker-compose.gpu.yml")
_PROFILES = read_env_file(REPOSITORY / "examples/compose/postgresql-and-object-store.env")
_WITH_PROFILES = read_compose_file(variables=_PROFILES)
_SERVICES = pytest.mark.parametrize("name", _COMPOSE.services)


def test_there_are_one_central_server_and_two_nodes() -> None:
    assert list(_COMPOSE.services) == ["central-server", "node-1", "node-2"]
    assert list(_COMPOSE.preparations) == ["certificates"]


def test_everything_listens_with_tls_and_every_node_brings_a_join_token_that_was_made_for_it() -> None:
    certificates = _COMPOSE.preparations["certificates"].command
    made_for = {certificates[index + 1] for index, word in enumerate(certificates) if word == "--node"}
    place = certificates[certificates.index("--hand-out") + 1]
    assert certificates[certificates.index("--dir") + 1] == _argument("central-server", "--tls-dir")
    assert "central-server" in {certificates[index + 1] for index, word in enumerate(certificates) if word == "--host"}
    for service in [_COMPOSE.services["node-1"], _COMPOSE.services["node-2"], _GPU.services["gpu-node"]]:
        said = dict(pairwise(service.command))
        assert said["--ca"] == f"{place}/ca.pem"
        assert said["--join-token-file"].removeprefix(f"{place}/") in made_for
        assert f"hand-out:{place}:ro" in service.volumes


@pytest.mark.parametrize("variables", [{}, _PROFILES], ids=["plain", "with the env file"])
@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_a_file_follows_the_specification(name: str, variables: dict[str, str]) -> None:
    assert errors_by_the_specification(load(name, variables)) == []


def test_the_specification_refuses_a_misspelt_key() -> None:
    document = load("docker-compose.yml", {})
    document["services"]["node-1"]["restrat"] = "always"
    assert any("restrat" in error for error in errors_by_the_specification(document))


def test_without_a_profile_only_the_cluster_is_started() -> None:
    assert _COMPOSE.active("") == {*_COMPOSE.services, *_COMPOSE.preparations}
    central = _COMPOSE.services["central-server"]
    assert set(central.environment) == {"CYXWIZ_CENTRAL_LOG_JSON"}


def test_the_env_file_starts_the_profiles_and_points_the_central_server_at_them() -> None:
    active = _WITH_PROFILES.active(_PROFILES["COMPOSE_PROFILES"])
    assert active == {*_COMPOSE.services, *_COMPOSE.preparations, "postgresql", "object-store"}
    environment = _WITH_PROFILES.services["central-server"].environment
    database, endpoint = environment["CYXWIZ_CENTRAL_DATABASE"], environment["AWS_ENDPOINT_URL"]
    postgresql = _WITH_PROFILES.foreign["postgresql"].environment
    user, password = postgresql["POSTGRES_USER"], postgresql["POSTGRES_PASSWORD"]
    assert database == f"postgresql://{user}:{password}@postgresql:5432/{postgresql['POSTGRES_DB']}"
    assert endpoint == "http://object-store:8333"
    settings = {name.removeprefix("CYXWIZ_CENTRAL_").lower(): value for name, value in environment.items()}
    known = {name: value for name, value in settings.items() if not name.startswith("aws_")}
    assert Settings(**known).artifacts == "s3://cyxwiz/artifacts"  # type: ignore[arg-type]  # words, as from outside


def test_the_object_store_knows_the_key_and_makes_the_bucket_that_the_central_server_uses() -> None:
    document = load("docker-compose.yml", _PROFILES)
    identities = document["configs"]["object-store-identities"]["content"]
    assert f'"accessKey": "{_PROFILES["AWS_ACCESS_KEY_ID"]}"' in identities
    assert f'"secretKey": "{_PROFILES["AWS_SECRET_ACCESS_KEY"]}"' in identities
    (bucket,) = re.findall(r"s3://([a-z]+)/", _PROFILES["CYXWIZ_CENTRAL_ARTIFACTS"])
    assert f"s3.bucket.create -name {bucket}" in document["services"]["object-store"]["healthcheck"]["test"][1]


def test_every_variable_of_the_env_file_is_used() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    assert [name for name in _PROFILES if name != "COMPOSE_PROFILES" and name not in text] == []


def test_the_gpu_file_asks_for_every_gpu_and_dials_the_server_that_is_named() -> None:
    devices = _GPU.services["gpu-node"].deploy["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}]
    named = {"CYXWIZ_SERVER": "10.0.0.5:50051", "CYXWIZ_HAND_OUT": "/etc/join", "CYXWIZ_NODE_NAME": "rack-3"}
    node = read_compose_file("docker-compose.gpu.yml", named).services["gpu-node"]
    assert node.command[node.command.index("--server") + 1] == "10.0.0.5:50051"
    assert "/etc/join:/etc/cyxwiz/hand-out:ro" in node.volumes
    assert node.command[node.command.index("--name") + 1] == "rack-3"


def test_the_gpu_node_is_as_guarded_as_the_others() -> None:
    guards = {"stop_signal", "stop_grace_period", "restart", "init", "read_only", "tmpfs", "cap_drop", "security_opt"}
    one, other = _GPU.services["gpu-node"], _COMPOSE.services["node-1"]
    assert one.model_dump(include=guards) == other.model_dump(include=guards)


@_SERVICES
def test_a_service_builds_a_target_of_the_dockerfile(name: str) -> None:
    service = _COMPOSE.services[name]
    stages = re.findall(r"^FROM .+ AS (\S+)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    assert service.build.target in stages
    assert (REPOSITORY / service.build.context / "Dockerfile").is_file()


@_SERVICES
def test_a_service_waits_only_for_services_that_exist_and_can_be_healthy(name: str) -> None:
    for other, dependency in _COMPOSE.services[name].depends_on.items():
        ends = dependency.condition == "service_completed_successfully"
        own = _COMPOSE.preparations if ends else _COMPOSE.services
        assert other in own or (other in _COMPOSE.foreign and not dependency.required)


@_SERVICES
def test_a_service_keeps_its_state_in_a_volume_of_its_own(name: str) -> None:
    (mount,) = [mount for mount in _COMPOSE.services[name].volumes if not mount.endswith(":ro")]
    volume, folder = mount.split(":")
    users = [other for other, service in _COMPOSE.services.items() if mount in service.volumes]
    assert volume in _COMPOSE.volumes
    assert users == [name]
    assert _argument(name, "--state-dir") == folder


def test_no_volume_is_declared_in_vain() -> None:
    containers = [*_COMPOSE.services.values(), *_COMPOSE.preparations.values()]
    ours = [mount for container in containers for mount in container.volumes]
    used = {mount.split(":")[0] for mount in ours + [m for other in _COMPOSE.foreign.values() for m in other.volumes]}
    assert set(_COMPOSE.volumes) == used


@_SERVICES
def test_ports_are_published_on_this_machine_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in _COMPOSE.services[name].ports)


def test_published_ports_are_those_the_central_server_listens_on() -> None:
    published = {port.rsplit(":", 1)[1] for port in _COMPOSE.services["central-server"].ports}
    flags = ("--listen", "--http-listen", "--mutual-tls-listen")
    listening = {_argument("central-server", flag).rsplit(":", 1)[1] for flag in flags}
    assert published == listening


@pytest.mark.parametrize("name", ["node-1", "node-2"])
def test_a_node_dials_the_central_server_under_its_own_name(name: str) -> None:
    host, port = _argument(name, "--server").split(":")
    assert host in _COMPOSE.services[name].depends_on
    assert port == _argument("central-server", "--listen").rsplit(":", 1)[1]
    assert _argument(name, "--name") == name
    assert _COMPOSE.services[name].healthcheck.command[-1] == _argument(name, "--state-dir")


@_SERVICES
def test_a_healthcheck_gives_up_before_the_next_one_starts(name: str) -> None:
    check = _COMPOSE.services[name].healthcheck
    assert check.command[0] == "python"
    assert seconds_from_duration(check.timeout) < seconds_from_duration(check.interval)


def _argument(service: str, flag: str) -> str:
    command = _COMPOSE.services[service].command
    return command[command.index(flag) + 1]
