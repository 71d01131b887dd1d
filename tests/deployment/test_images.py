"""The Dockerfile and the locks agree with the repository, as far as that shows without building an image."""

import json
import re

import pytest

from tests.deployment.compose_file import REPOSITORY, read_compose_file

_DOCKERFILE = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", " ")
_LOCKS = [
    "requirements-build.lock",
    "requirements-central.lock",
    "requirements-node.lock",
    "requirements-node-gpu.lock",
]


def test_what_is_copied_into_the_build_exists_and_is_sent_to_it() -> None:
    sent = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", _DOCKERFILE, re.MULTILINE)
    for path in " ".join(copied).split():
        assert (REPOSITORY / path).exists(), path
        assert path in sent or (path.startswith("requirements-") and "requirements-*.lock" in sent), path


@pytest.mark.parametrize("target", ["central-server", "node-cpu", "node-gpu"])
def test_an_image_runs_as_an_ordinary_user_and_keeps_state_in_a_volume(target: str) -> None:
    stage = _stage(target)
    assert "USER 10001:10001" in stage
    assert "--uid 10001" in _stage("base")
    assert "VOLUME /var/lib/cyxwiz" in stage
    assert "STOPSIGNAL SIGTERM" in stage


def test_the_central_image_starts_as_the_compose_file_starts_it() -> None:
    (command,) = re.findall(r"^CMD (\[.+\])$", _stage("central-server"), re.MULTILINE)
    assert json.loads(command) == read_compose_file().services["central-server"].command


@pytest.mark.parametrize(
    ("target", "file", "service"),
    [("node-cpu", "docker-compose.yml", "node-1"), ("node-gpu", "docker-compose.gpu.yml", "gpu-node")],
)
def test_a_node_image_starts_as_the_compose_file_starts_it_but_for_names(target: str, file: str, service: str) -> None:
    (command,) = re.findall(r"^CMD (\[.+\])$", _stage(target), re.MULTILINE)
    own = [word.replace("/join-token", f"/{service}") for word in json.loads(command)]
    assert [*own, "--name", service] == read_compose_file(file).services[service].command


@pytest.mark.parametrize("lock", _LOCKS)
def test_a_smaller_lock_has_the_versions_of_the_whole_one(lock: str) -> None:
    only_there = ("uv==", "nvidia-", "jax-cuda12-")  # the installer, and what only a GPU's image needs
    versions, whole = ({pin.split(" ;")[0] for pin in _pins(name)} for name in (lock, "requirements.lock"))
    assert {pin for pin in versions if not pin.startswith(only_there)} <= whole


def test_the_gpu_image_holds_what_the_cpu_image_does_and_cuda() -> None:
    assert _pins("requirements-node.lock") <= _pins("requirements-node-gpu.lock")
    assert any(pin.startswith("jax-cuda12-plugin==") for pin in _pins("requirements-node-gpu.lock"))


def test_the_central_image_holds_no_jax() -> None:
    assert not [pin for pin in _pins("requirements-central.lock") if pin.startswith("jax")]


@pytest.mark.parametrize("lock", [*_LOCKS, "requirements.lock"])
def test_a_lock_names_no_registry_and_has_a_hash_for_every_package(lock: str) -> None:
    text = (REPOSITORY / lock).read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]
    assert "://" not in text
    assert all("--hash=sha256:" in entry for entry in entries)


def _stage(target: str) -> str:
    """The lines of one stage."""
    stages = re.split(r"^(?=FROM )", _DOCKERFILE, flags=re.MULTILINE)
    (stage,) = [text for text in stages if re.match(rf"FROM \S+ AS {target}\n", text)]
    return stage


def _pins(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9.-]+==\S+(?: ;.+?)?) \\$", (REPOSITORY / lock).read_text(), re.MULTILINE))
