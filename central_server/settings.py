"""What an operator can set, by flag or by environment variable (`CYXWIZ_CENTRAL_…`); flags win. It starts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from central_server.retention.limits import Limits
from central_server.server_certificate import TlsFiles
from central_server.tracker_rules import TrackerName, TrackerRules
from shared.byte_sizes import bytes_from
from shared.log_lines import LogLevel
from shared.otlp_spans import check_endpoint

_GIBIBYTE = 1024**3
_YEAR_SECONDS = 365 * 24 * 3600.0
_MOST_DAYS = 36_500.0
_OBJECT_STORES = frozenset({"s3", "gs", "az"})


@dataclass(frozen=True, slots=True)
class Address:
    """A place to listen; port 0 is any free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address in `HOST:PORT`.

        Raises:
            ValueError: it is none.
        """
        host, colon, port = text.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65535:
            raise ValueError(f"must be HOST:PORT, such as 127.0.0.1:50051, got {text!r}")
        return cls(host, int(port))

    def __str__(self) -> str:
        """Return `HOST:PORT`."""
        return f"{self.host}:{self.port}"


def is_object_store_url(text: str) -> bool:
    """Whether `text` names a bucket or container, and perhaps a prefix in it, and nothing else."""
    parts = urlsplit(text)
    is_bare = "@" not in parts.netloc and not parts.query and not parts.fragment
    return parts.scheme in _OBJECT_STORES and bool(parts.netloc) and is_bare


class Settings(BaseSettings):
    """Everything that can be set.

    Attributes:
        listen: where gRPC is served.
        http_listen: where HTTP is served.
        mutual_tls_listen: where gRPC is served to nodes and people with certificates; empty for nowhere.
        tls_dir: what `cyxwiz tls init` made; gRPC and HTTP then speak TLS.
        tls_cert: a certificate from elsewhere, with those that vouch for it, PEM.
        tls_key: its key, PEM.
        tls_ca: whose client certificates are taken, where they are not of `tls_dir`.
        advertise: where other servers on the same database tell people to reach this one; `listen` when not said.
        state_dir: where the database and artifacts are, unless `database` says otherwise.
        database: a URL; a file in `state_dir` when it is not said.
        artifacts: where files are kept: a folder, or a URL of an object store; a folder in `state_dir` when not said.
        lease_seconds: how long a node that is not heard from keeps its attempts.
        heartbeat_seconds: how often nodes are to be heard from.
        ageing_seconds: a job that waits counts one priority more after each of these.
        fair_share_half_life_seconds: after so long, what a user had of the devices counts half.
        reservation_seconds: whoever is first in line and has waited so long has a device kept free.
        replica_drain_seconds: so long a replica still answers to which callers are sent no more.
        quotas: a TOML file that says how much each user may have at once; see `quotas_file`.
        tensorboard_dir: where TensorBoard's event files of jobs are written; None writes none.
        mlflow_tracking_uri: the MLflow server, or its database, that metrics also go to; empty for none.
        mlflow_experiment: where jobs go that name none.
        track: whether all jobs go to these trackers, or those that ask for it.
        otlp_endpoint: the OpenTelemetry collector that traces go to; empty leaves it to OpenTelemetry's variables.
        log_json: log lines as JSON.
        log_level: what is worth a line on standard error.
        artifact_bytes: the largest artifact that is taken.
        keep_jobs_days: ended jobs are forgotten after so many days, with metrics, logs and files; 0 keeps them all.
        keep_jobs_count: of ended jobs, so many are kept, the last that ended; 0 keeps all.
        keep_bytes: what database and artifacts may take before the oldest ended jobs are forgotten; 0 is no limit.
        keep_metrics_days: so long after a job's end its metric history is kept; 0 keeps it as long as the job.
        keep_logs_days: so long after a job's end its log is kept; 0 keeps it as long as the job.
        keep_uploads_days: so long a file is kept that was uploaded and that no job refers to; 0 keeps it for ever.
        keep_audit_days: so long an entry of the audit log is kept; 0 keeps it for ever.
        require_token: nobody is let in without a token or a certificate, on this machine either.
        insecure: the server may be reached from other machines without TLS and tokens; it warns at every start.
        allow_host: names, with commas, by which HTTP may be asked beside addresses and this machine's own names.
        rate_limit: so many requests a second one token or user may make; 0 is no limit.
        shutdown_seconds: a stop takes no longer than this.
    """

    model_config = SettingsConfigDict(env_prefix="CYXWIZ_CENTRAL_", frozen=True, extra="forbid")

    listen: str = "127.0.0.1:50051"
    http_listen: str = "127.0.0.1:8080"
    mutual_tls_listen: str = ""
    tls_dir: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    advertise: str = ""
    state_dir: Path = Path("~/.cyxwiz/central")
    database: str = ""
    artifacts: str = ""
    lease_seconds: float = Field(default=20.0, ge=1.0, le=3600.0)
    heartbeat_seconds: float = Field(default=2.0, ge=0.05, le=600.0)
    ageing_seconds: float = Field(default=3600.0, ge=1.0, le=_YEAR_SECONDS)
    fair_share_half_life_seconds: float = Field(default=6 * 3600.0, ge=1.0, le=_YEAR_SECONDS)
    reservation_seconds: float = Field(default=60.0, ge=0.0, le=_YEAR_SECONDS)
    replica_drain_seconds: float = Field(default=5.0, ge=0.0, le=3600.0)
    quotas: Path | None = None
    tensorboard_dir: Path | None = None
    mlflow_tracking_uri: str = ""
    mlflow_experiment: str = Field(default="cyxwiz", min_length=1, max_length=200)
    track: Literal["all", "asked"] = "all"
    otlp_endpoint: str = ""
    log_json: bool = False
    log_level: LogLevel = "info"
    artifact_bytes: int = Field(default=64 * _GIBIBYTE, ge=1)
    keep_jobs_days: float = Field(default=90.0, ge=0.0, le=_MOST_DAYS)
    keep_jobs_count: int = Field(default=100_000, ge=0)
    keep_bytes: int = Field(default=0, ge=0)
    keep_metrics_days: float = Field(default=0.0, ge=0.0, le=_MOST_DAYS)
    keep_logs_days: float = Field(default=30.0, ge=0.0, le=_MOST_DAYS)
    keep_uploads_days: float = Field(default=7.0, ge=0.0, le=_MOST_DAYS)
    keep_audit_days: float = Field(default=400.0, ge=0.0, le=_MOST_DAYS)
    require_token: bool = False
    insecure: bool = False
    allow_host: str = ""
    rate_limit: float = Field(default=5_000.0, ge=0.0)
    shutdown_seconds: float = Field(default=10.0, gt=0.0, le=3600.0)

    @field_validator("listen", "http_listen")
    @classmethod
    def _must_be_an_address(cls, value: str) -> str:
        return str(Address.parse(value))

    @field_validator("mutual_tls_listen")
    @classmethod
    def _may_be_an_address(cls, value: str) -> str:
        return str(Address.parse(value)) if value else ""

    @field_validator("otlp_endpoint")
    @classmethod
    def _must_be_an_endpoint(cls, value: str) -> str:
        return check_endpoint(value)

    @field_validator("artifacts")
    @classmethod
    def _must_be_a_place(cls, value: str) -> str:
        if not value or value.startswith("/") or is_object_store_url(value):
            return value
        raise ValueError(
            "must be a folder by its whole path, or s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX "
            f"without credentials, which the environment holds, got {_without_credentials(value)!r}"
        )

    @field_validator("keep_bytes", mode="before")
    @classmethod
    def _must_be_a_size(cls, value: object) -> object:
        if value in {0, "0"}:
            return 0
        try:
            return bytes_from(value)
        except ValueError as wrong:
            raise ValueError(f"must be {wrong}, or 0 for no limit, got {value!r}") from None

    @field_validator("state_dir", "tensorboard_dir", "tls_dir", "tls_cert", "tls_key", "tls_ca")
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        return value.expanduser().absolute() if value else None

    @model_validator(mode="after")
    def _must_beat_often_enough(self) -> Self:
        if self.heartbeat_seconds * 3 > self.lease_seconds:
            raise ValueError(
                f"lease_seconds must be at least 3 times heartbeat_seconds ({self.heartbeat_seconds:g}), "
                f"got {self.lease_seconds:g}: one lost heartbeat must not cost a lease"
            )
        return self

    @model_validator(mode="after")
    def _must_have_both_halves(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together: say both, or tls_dir alone")
        if self.tls_dir and (self.tls_cert or self.tls_ca):
            raise ValueError("tls_dir holds certificate, key and authority: leave out tls_cert, tls_key and tls_ca")
        if self.tls_files is None and (self.mutual_tls_listen or self.tls_ca):
            raise ValueError("mutual_tls_listen and tls_ca need TLS: say tls_dir, or tls_cert and tls_key")
        return self

    @property
    def tls_files(self) -> TlsFiles | None:
        """Where certificates are; None without TLS."""
        if self.tls_dir is not None:
            return TlsFiles.in_folder(self.tls_dir)
        if self.tls_cert is not None and self.tls_key is not None:
            return TlsFiles(self.tls_cert, self.tls_key, self.tls_ca, None)
        return None

    @property
    def limits(self) -> Limits:
        """What of the past is kept."""
        return Limits(
            jobs_days=self.keep_jobs_days,
            jobs_count=self.keep_jobs_count,
            total_bytes=self.keep_bytes,
            metrics_days=self.keep_metrics_days,
            logs_days=self.keep_logs_days,
            audit_days=self.keep_audit_days,
        )

    @property
    def tracker_rules(self) -> TrackerRules:
        """Which jobs go to which trackers."""
        said = {TrackerName.TENSORBOARD: self.tensorboard_dir, TrackerName.MLFLOW: self.mlflow_tracking_uri}
        return TrackerRules(frozenset(name for name, place in said.items() if place), self.track == "all")

    @property
    def artifacts_directory(self) -> Path | None:
        """The folder of artifacts; None when they are in an object store."""
        if is_object_store_url(self.artifacts):
            return None
        return Path(self.artifacts) if self.artifacts else self.state_dir / "artifacts"

    @property
    def database_url(self) -> str:
        """The database's URL."""
        return self.database or f"sqlite:///{self.state_dir / 'central.sqlite3'}"


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
