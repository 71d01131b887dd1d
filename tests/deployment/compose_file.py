"""The parts of the Compose specification that docker-compose.yml uses, as records that refuse everything else.

A misspelt key is an error here, as it is for Compose itself. It reads the file; it starts nothing.
https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

REPOSITORY = Path(__file__).parents[2]

_UNIT_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


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

    condition: Literal["service_started", "service_healthy", "service_completed_successfully"]


class Service(_Part):
    """One kind of container."""

    build: Build
    image: str
    command: list[str] = Field(min_length=1)
    environment: dict[str, str]
    volumes: list[Annotated[str, Field(pattern=r"^[a-z0-9-]+:/[^:]+$")]]
    healthcheck: Healthcheck
    stop_signal: Literal["SIGTERM"]
    stop_grace_period: Duration
    restart: Literal["no", "always", "on-failure", "unless-stopped"]
    init: bool
    read_only: bool
    tmpfs: list[str]
    cap_drop: list[str]
    security_opt: list[str]
    ports: list[Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+\.\d+:\d+:\d+$")]] = []
    depends_on: dict[str, Dependency] = {}


class ComposeFile(BaseModel):
    """The whole file; keys that begin with `x-` are the file's own and have been merged where they are used."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    name: str
    services: dict[str, Service]
    volumes: dict[str, None]


def read_compose_file() -> ComposeFile:
    """The repository's docker-compose.yml, checked."""
    return ComposeFile.model_validate(yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text()))
