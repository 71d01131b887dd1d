"""How a node is set up: flags of the command line first, then `CYXWIZ_NODE_*` variables, then defaults.

List values are one text: servers separated by commas, data roots as the system separates paths.
"""

from __future__ import annotations

import argparse
import os
import shlex
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from server_node.own_services.addresses import is_host_and_port
from server_node.training.data.dataset_secrets import read_secrets
from shared.errors import InvalidField
from shared.log_lines import LogLevel
from shared.otlp_spans import check_endpoint

DEFAULT_SLOTS = 4
DEFAULT_SERVER = "127.0.0.1:50051"


class NodeSettings(BaseSettings):
    """Everything a node process can be told.

    Attributes:
        server: `host:port` of the central server, or several separated by commas.
        ca: whose certificates of servers are believed, PEM; without it nothing is encrypted.
        cert: the certificate that this node shows, PEM, where another authority than the server made it; with `key`.
        key: its key, PEM. Both files are read with every dial, so a renewed one needs no restart.
        join_token_file: a file with a token that `cyxwiz token join` made: for it the node gets a certificate, once.
        state_dir: where the node keeps its id, its journal, checkpoints and results; made when missing.
        name: what people call it; empty takes the machine's name.
        data_root: folders that `file://` URIs may read; without one they are refused.
        slots: how many attempts may run at once.
        threads: CPU threads JAX may use; None takes every core. Another number gives other low bits in results.
        checkpoint_seconds: how often a running attempt is saved.
        upload_checkpoint_seconds: how often a checkpoint is brought to the server, for other nodes to go on from.
        chunk_milliseconds: about how long one compiled call takes; a cancel waits that long.
        data_share: of a device's memory, what a dataset may take to be put there whole; a larger one is fed to it.
        data_disk_gib: what copies of files elsewhere may take, and one array too large for memory.
        allow_private_addresses: whether `https://` datasets may be at addresses that are not public: this machine, its
            network, a cloud's metadata.
        secrets: a TOML file, for its owner alone, of what datasets that need credentials are read with.
        artifact_disk_gib: what files fetched from the central server may take; what running attempts use stays anyway.
        keep_checkpoints: how many generations of each job's checkpoint stay; a damaged one is passed over.
        allow_user_code: whether models that users wrote in Python may run here, in processes of their own.
        user_code_memory_gib: how much address space such a process may have; on a GPU it is not limited.
        platform: which of JAX's platforms to load; empty leaves it to JAX.
        listen: `host:port` of this node's own gRPC server, for predictions from the models it serves; empty for none.
        http_listen: `host:port` of this node's own HTTP server, for predictions without gRPC; empty for none.
        advertise_host: where callers are told to find this node; empty for the host it listens on.
        known_caller_seconds: while no central server answers, whoever it let in so recently still gets predictions; a
            token that is revoked meanwhile counts so long. 0 lets nobody in.
        terminal: whether callers with the permission `terminal` may open terminals here, as the node's own user.
        terminal_command: the one command that every terminal runs; empty for a shell or what its caller asks.
        terminal_idle_seconds: a terminal ends after so long without a byte in either direction.
        terminal_seconds: a terminal ends after so long anyway.
        terminal_sessions: how many terminals there may be at once.
        terminal_listen: `host:port` of terminals, where they are to have one of their own; empty for `listen`.
        terminal_as_root: terminals may be root's, where the node runs as root.
        insecure: the node's own server may be reached from other machines without TLS.
        shutdown_seconds: how long a stop may take before the process ends anyway.
        otlp_endpoint: the OpenTelemetry collector that traces go to; empty leaves it to OpenTelemetry's variables.
        log_level: of the process's own log on standard error.
        log_json: one JSON object a line instead of text.
    """

    model_config = SettingsConfigDict(env_prefix="CYXWIZ_NODE_", frozen=True, extra="ignore")

    server: str = DEFAULT_SERVER
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    join_token_file: Path | None = None
    state_dir: Path = Path.home() / ".local" / "state" / "cyxwiz" / "node"
    name: str = ""
    data_root: str = ""
    slots: int = Field(default=DEFAULT_SLOTS, ge=1, le=1024)
    threads: int | None = Field(default=None, ge=1, le=4096)
    checkpoint_seconds: float = Field(default=10.0, gt=0)
    upload_checkpoint_seconds: float = Field(default=60.0, gt=0)
    chunk_milliseconds: float = Field(default=50.0, ge=1, le=10_000)
    data_share: float = Field(default=0.25, gt=0, le=1)
    data_disk_gib: float = Field(default=16.0, gt=0, le=1_048_576)
    allow_private_addresses: bool = False
    secrets: Path | None = None
    artifact_disk_gib: float = Field(default=16.0, gt=0, le=1_048_576)
    keep_checkpoints: int = Field(default=2, ge=1, le=16)
    allow_user_code: bool = False
    user_code_memory_gib: float = Field(default=8.0, ge=2, le=1_048_576)
    platform: Literal["", "cpu", "cuda"] = ""
    listen: str = ""
    http_listen: str = ""
    advertise_host: str = ""
    known_caller_seconds: float = Field(default=60.0, ge=0, le=86_400)
    terminal: bool = False
    terminal_command: str = ""
    terminal_idle_seconds: float = Field(default=900.0, gt=0)
    terminal_seconds: float = Field(default=28_800.0, gt=0)
    terminal_sessions: int = Field(default=4, ge=1, le=256)
    terminal_listen: str = ""
    terminal_as_root: bool = False
    insecure: bool = False
    shutdown_seconds: float = Field(default=15.0, gt=0)
    otlp_endpoint: str = ""
    log_level: LogLevel = "info"
    log_json: bool = False

    @field_validator("otlp_endpoint")
    @classmethod
    def _must_be_an_endpoint(cls, value: str) -> str:
        return check_endpoint(value)

    @field_validator("listen", "http_listen", "terminal_listen")
    @classmethod
    def _must_be_where_to_listen(cls, value: str) -> str:
        return value if not value or is_host_and_port(value) else _refuse_address(value)

    @field_validator("terminal_command")
    @classmethod
    def _must_be_words(cls, value: str) -> str:
        shlex.split(value)  # raises ValueError for a quote that is not closed
        return value

    @property
    def terminal_words(self) -> tuple[str, ...]:
        """The command of terminals, as words; empty where they have none of their own."""
        return tuple(shlex.split(self.terminal_command))

    @property
    def servers(self) -> tuple[str, ...]:
        """The addresses to try, in order."""
        return tuple(dict.fromkeys(part.strip() for part in self.server.split(",") if part.strip()))

    @property
    def data_roots(self) -> tuple[Path, ...]:
        """The folders that may be read, symbolic links resolved."""
        return tuple(Path(part).resolve() for part in self.data_root.split(os.pathsep) if part)

    @property
    def shown_name(self) -> str:
        """What people see."""
        return self.name or socket.gethostname()


def settings_from_arguments(arguments: Sequence[str]) -> NodeSettings:
    """Read the command line over the environment.

    Raises:
        InvalidField: a value is out of range, or an address is not `host:port`.
        SystemExit: the usage is wrong, or help was asked for.
    """
    given = {name: value for name, value in vars(_parser().parse_args(arguments)).items() if value is not None}
    if "data_root" in given:
        given["data_root"] = os.pathsep.join(given["data_root"])
    if "server" in given:
        given["server"] = ",".join(given["server"])
    try:
        settings = NodeSettings(**given)
    except ValidationError as invalid:
        first = invalid.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidField(f"{field}: {first['msg'].lower()}, got {first['input']!r}", field=field) from None
    _check_servers(settings)
    _check_certificate(settings)
    _check_http(settings)
    _check_terminal(settings)
    if settings.secrets is not None:
        read_secrets(settings.secrets)
    return settings


def settings_flags() -> frozenset[str]:
    """Return the flags that set something."""
    return frozenset(flag for action in _parser()._actions for flag in action.option_strings)  # noqa: SLF001  # argparse lists them nowhere else


def _refuse_address(value: str) -> str:
    raise ValueError(f"must be host:port, such as 127.0.0.1:50052, and {value!r} is not")


def _check_servers(settings: NodeSettings) -> None:
    if not settings.servers:
        raise InvalidField("server must name at least one host:port, got nothing", field="server")
    for address in settings.servers:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise InvalidField(f"server must be host:port, such as {DEFAULT_SERVER}, got {address!r}", field="server")


def _check_certificate(settings: NodeSettings) -> None:
    if (settings.cert is None) != (settings.key is None):
        raise InvalidField("cert and key belong together: name both files, or a join token", field="cert")
    if settings.cert is not None and (settings.ca is None or settings.join_token_file is not None):
        raise InvalidField(
            "cert needs ca, the authority of the servers; and join_token_file gets a certificate of its own: say one",
            field="cert",
        )


def _check_http(settings: NodeSettings) -> None:
    if settings.http_listen and not settings.listen:
        raise InvalidField(
            "http_listen needs listen: a node takes replicas when it serves gRPC; say --listen HOST:PORT too",
            field="http_listen",
        )


def _check_terminal(settings: NodeSettings) -> None:
    if not settings.terminal:
        return
    if not (settings.listen or settings.terminal_listen):
        raise InvalidField(
            "terminal needs an address: say --listen or --terminal-listen HOST:PORT, such as 127.0.0.1:50053",
            field="terminal",
        )
    if os.geteuid() == 0 and not settings.terminal_as_root:
        raise InvalidField(
            "terminal would give callers root's shell: run the node as a user without privileges, "
            "or say --terminal-as-root",
            field="terminal",
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server_node",
        description="A server node: dials the central server, offers this machine's devices, trains what it is given.",
        epilog="example: python -m server_node --server 10.0.0.5:50051 --state-dir /var/lib/cyxwiz --data-root /data",
    )
    add = parser.add_argument
    add(
        "--server",
        action="append",
        metavar="HOST:PORT",
        help=f"the central server; several separated by commas ({DEFAULT_SERVER})",
    )
    add("--ca", type=Path, metavar="FILE", help="speak TLS, and believe the servers of this authority (no TLS)")
    add("--cert", type=Path, metavar="FILE", help="this node's certificate, from another authority (none)")
    add("--key", type=Path, metavar="FILE", help="its key")
    add("--join-token-file", type=Path, metavar="FILE", help="what cyxwiz token join printed; it enrols this node once")
    add("--state-dir", type=Path, metavar="DIR", help="id, journal, checkpoints and results are kept here")
    add("--name", help="what people call this node (the machine's name)")
    add("--data-root", action="append", metavar="DIR", help="a folder that file:// URIs may read; may be repeated")
    add("--slots", type=int, metavar="N", help=f"how many attempts may run at once ({DEFAULT_SLOTS})")
    add("--threads", type=int, metavar="N", help="CPU threads JAX may use (every core)")
    add("--data-share", type=float, metavar="F", help="share of a device's memory a dataset may take whole (0.25)")
    add("--data-disk-gib", type=float, metavar="GIB", help="disk for copies of files elsewhere and large data (16)")
    add(
        "--allow-private-addresses",
        action="store_true",
        default=None,
        help="let https:// datasets be on this machine and in its network (refused)",
    )
    add("--secrets", type=Path, metavar="FILE", help="what private datasets are read with, TOML of mode 0600 (none)")
    add("--artifact-disk-gib", type=float, metavar="GIB", help="disk for files fetched from the central server (16)")
    add("--keep-checkpoints", type=int, metavar="N", help="generations of each job's checkpoint (2)")
    add("--checkpoint-seconds", type=float, metavar="S", help="how often a running attempt is saved (10)")
    add(
        "--upload-checkpoint-seconds",
        type=float,
        metavar="S",
        help="how often a checkpoint is brought to the server (60)",
    )
    add("--chunk-milliseconds", type=float, metavar="MS", help="about how long one compiled call takes (50)")
    add(
        "--allow-user-code",
        action="store_true",
        default=None,
        help="run models that users wrote in Python, each in a process of its own with limits (refused)",
    )
    add("--user-code-memory-gib", type=float, metavar="GIB", help="address space of such a process (8)")
    add("--platform", choices=["cpu", "cuda"], help="load only this one of JAX's platforms")
    add("--listen", metavar="HOST:PORT", help="serve predictions over gRPC there; port 0 is any free one (off)")
    add(
        "--http-listen", metavar="HOST:PORT", help="serve predictions over HTTP there too; port 0 is any free one (off)"
    )
    add("--advertise-host", metavar="HOST", help="where callers find this node (the host it listens on)")
    add(
        "--known-caller-seconds",
        type=float,
        metavar="S",
        help="while no central server answers, callers it let in so recently still get predictions (60)",
    )
    add("--terminal", action="store_true", default=None, help="let operators open terminals here, as this user (off)")
    add("--terminal-command", metavar="CMD", help="all that a terminal runs (a shell, or what its caller asks)")
    add("--terminal-idle-seconds", type=float, metavar="S", help="a terminal in which nothing happens ends (900)")
    add("--terminal-seconds", type=float, metavar="S", help="a terminal ends after so long anyway (28800)")
    add("--terminal-sessions", type=int, metavar="N", help="how many terminals there may be at once (4)")
    add("--terminal-listen", metavar="HOST:PORT", help="an address of their own for terminals (that of --listen)")
    add(
        "--terminal-as-root",
        action="store_true",
        default=None,
        help="let terminals be root's, if the node is (refused)",
    )
    add("--insecure", action="store_true", default=None, help="let other machines call this node without TLS")
    add("--shutdown-seconds", type=float, metavar="S", help="how long a clean stop may take (15)")
    add("--otlp-endpoint", metavar="URL", help="an OpenTelemetry collector for traces (none)")
    add("--log-level", choices=["debug", "info", "warning", "error"], help="of the log on standard error (info)")
    add("--log-json", action="store_true", default=None, help="log one JSON object a line")
    return parser
