"""The repository's compose files: held against the Compose specification, and what ours say as records.

Variables are put in as Compose does, from an environment that is given. It reads files; it starts nothing.
https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema_rs
import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

REPOSITORY = Path(__file__).parents[2]
SPECIFICATION = Path(__file__).parent / "compose_specification" / "compose-spec.json"
COMPOSE_FILES = ("docker-compose.yml", "docker-compose.gpu.yml")

_UNIT_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>[A-Z_]+)(?::-(?P<default>[^}]*))?\})")


def seconds_from_duration(text: str) -> float:
    """The seconds that a Compose duration such as `1m30s` means.

    Raises:
        ValueError: it is no duration.
    """
    if not re.fullmatch(r"(\d+(us|ms|s|m|h))+", text):
        raise ValueError(f"expected a duration such as 1m30s, got {text!r}")
    return sum(int(number) * _UNIT_SECONDS[unit] for number, unit in re.findall(r"(\d+)(us|ms|s|m|h)", text))


def _checked_duration(text: str) -> str:
    seconds_from_duration(text)
    return text


Duration = Annotated[str, AfterValidator(_checked_duration)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Build(_Part):
    """Where an image comes from."""

    context: str
    target: str


class Healthcheck(_Part):
    """A command that exits with 0 when the service is healthy; its first word says how it is started."""

    test: list[str] = Field(min_length=2)
    interval: Duration
    timeout: Duration
    start_period: Duration
    start_interval: Duration
    retries: int = Field(ge=1)

    @property
    def command(self) -> list[str]:
        """The words after `CMD`."""
        kind, *words = self.test
        if kind != "CMD":
            raise ValueError(f"expected a healthcheck without a shell (CMD), got {kind}")
        return words


class Dependency(_Part):
    """What has to be true of another service before this one starts."""

    condition: Literal["service_healthy", "service_completed_successfully"]
    required: bool = True


class _Ours(_Part):
    build: Build
    image: str
    command: list[str] = Field(min_length=1)
    environment: dict[str, str]
    volumes: list[Annotated[str, Field(pattern=r"^(/[a-z0-9/-]+|[a-z0-9-]+):/[^:]+(:ro)?$")]]
    stop_signal: Literal["SIGTERM"]
    stop_grace_period: Duration
    init: Literal[True]
    read_only: Literal[True]
    tmpfs: list[str]
    cap_drop: list[Literal["ALL"]] = Field(min_length=1)
    security_opt: list[Literal["no-new-privileges:true"]] = Field(min_length=1)


class Preparation(_Ours):
    """A container of ours that makes what others need, and ends."""

    restart: Literal["no"]
    healthcheck: dict[Literal["disable"], Literal[True]]


class Service(_Ours):
    """One kind of container that is ours, as strict as we want our own to be."""

    healthcheck: Healthcheck
    restart: Literal["unless-stopped"]
    ports: list[Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+\.\d+:\d+:\d+$")]] = []
    depends_on: dict[str, Dependency] = {}
    deploy: dict[str, Any] = {}


class ForeignService(BaseModel):
    """A service whose image others make, as far as ours depend on it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    image: str
    profiles: list[str] = Field(min_length=1)
    restart: Literal["unless-stopped"]
    environment: dict[str, str] = {}
    volumes: list[str]
    healthcheck: Healthcheck


class ComposeFile(BaseModel):
    """A whole file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    preparations: dict[str, Preparation]
    services: dict[str, Service]
    foreign: dict[str, ForeignService]
    volumes: dict[str, None]

    def active(self, profiles: str) -> set[str]:
        """The names of services that are started with COMPOSE_PROFILES set to this."""
        chosen = set(profiles.split(","))
        return (
            set(self.preparations)
            | set(self.services)
            | {name for name, other in self.foreign.items() if chosen & set(other.profiles)}
        )


def load(name: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """A file with its variables put in, and without what only the file itself uses."""
    loaded = yaml.safe_load((REPOSITORY / name).read_text())
    return {key: _filled(value, variables) for key, value in loaded.items() if not key.startswith("x-")}


def errors_by_the_specification(document: dict[str, Any]) -> list[str]:
    """What the specification has against a file, each with its place."""
    # The pattern properties of the schema are YAML's own merge keys and the like; JSON carries what they came to.
    schema = json.loads(SPECIFICATION.read_text())
    errors = jsonschema_rs.validator_for(schema).iter_errors(json.loads(json.dumps(document)))
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]


def read_compose_file(name: str = "docker-compose.yml", variables: Mapping[str, str] | None = None) -> ComposeFile:
    """One of the repository's files, checked, with these variables and no others."""
    document = load(name, variables or {})
    for service in document["services"].values():
        service["environment"] = _set_variables(service.get("environment", {}), variables or {})
    ours = {key: value for key, value in document["services"].items() if "build" in value}
    others = {key: value for key, value in document["services"].items() if key not in ours}
    once = {key: value for key, value in ours.items() if value["restart"] == "no"}
    lasting = {key: value for key, value in ours.items() if key not in once}
    return ComposeFile.model_validate(document | {"preparations": once, "services": lasting, "foreign": others})


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file for `--env-file`."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def _set_variables(environment: dict[str, str | None], variables: Mapping[str, str]) -> dict[str, str]:
    """What is set in the container: a name without a value takes the one outside, or is not set."""
    taken = {name: variables.get(name) if value is None else value for name, value in environment.items()}
    return {name: value for name, value in taken.items() if value is not None}


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    match value:
        case dict():
            return {key: _filled(part, variables) for key, part in value.items()}
        case list():
            return [_filled(part, variables) for part in value]
        case str():
            return _VARIABLE.sub(lambda found: _value_of(found, variables), value)
        case _:
            return value


def _value_of(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["name"] is None:
        return "$"
    return variables.get(found["name"]) or found["default"] or ""
