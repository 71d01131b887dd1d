"""The command `cyxwiz-central-server`: flags, signals, the line `ready …`, and the exit code. It serves nothing itself.

Exit codes: 0 stopped as asked, 1 the machine failed, 2 a setting cannot be followed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Sequence
from importlib import metadata

import uvloop
from pydantic import ValidationError

from central_server.backup.command import COMMANDS, run_command
from central_server.process import CentralServer, Listening
from central_server.settings import Settings
from central_server.structured_logging import configure_logging, log_event
from central_server.token_command import COMMAND as TOKEN_COMMAND
from central_server.token_command import run_token_command
from shared.errors import MachineFailure, UserMistake
from shared.otlp_spans import OtlpSpans, open_spans

_COLLECTED_AFTER = (20_000, 50, 100)
"""New objects until the young ones are looked through for cycles, and how often that is done until older ones are too.

What nodes report lives for about a second. By default that is long enough to be taken for lasting, and with 2,000 nodes
everything that lasts was looked through every few seconds, for half a second.
"""

_logger = logging.getLogger("central_server")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a central server until SIGINT or SIGTERM, or back its state up; return the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words and words[0] in COMMANDS:
        return run_command(words)
    if words and words[0] == TOKEN_COMMAND:
        return run_token_command(words)
    said = vars(_parser().parse_args(words))
    try:
        settings = Settings(**{name: value for name, value in said.items() if value is not None})
    except ValidationError as wrong:
        return _refuse("; ".join(_sentence(error["loc"], error["msg"]) for error in wrong.errors()))
    configure_logging(level=settings.log_level, as_json=settings.log_json)
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # or each scanner's handshake that fails is a line
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_serve(settings))
    except OSError as failure:
        return _refuse(f"state_dir {settings.state_dir} cannot be used: {failure.strerror}", settings)


async def _serve(settings: Settings) -> int:
    stop = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, _begin_stop, stop, settings.shutdown_seconds)
    spans: OtlpSpans | None = None
    try:
        spans = open_spans(
            settings.otlp_endpoint,
            service="cyxwiz-central-server",
            instance=settings.advertise or settings.listen,
            version=metadata.version("cyxwiz"),
        )
        await CentralServer(settings, spans=spans).run(stop=stop, on_ready=_announce)
    except UserMistake as mistake:
        return _refuse(str(mistake), settings)
    except (MachineFailure, ExceptionGroup) as failure:
        _logger.critical("central_server_failed", exc_info=failure)
        return 1
    finally:
        if spans is not None:
            await asyncio.to_thread(spans.close)
    log_event(_logger, "central_server_stopped")
    return 0


def _begin_stop(stop: asyncio.Event, shutdown_seconds: float) -> None:
    if not stop.is_set():
        log_event(_logger, "central_server_stopping", seconds_at_most=shutdown_seconds)
        asyncio.get_running_loop().call_later(shutdown_seconds, _end_overdue)
    stop.set()


def _end_overdue() -> None:
    """End without those who do not end: all that anybody was told is durable, the rest will be asked again."""
    log_event(_logger, "central_server_stop_overdue", is_warning=True)
    logging.shutdown()
    os._exit(0)


def _announce(listening: Listening) -> None:
    # What exists now lives as long as the process; scanning it again and again would only cost latency. Not even
    # once first: with many jobs that takes a second, and there is next to nothing to find.
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)
    mutual = f" mutual={listening.mutual}" if listening.mutual else ""
    sys.stdout.write(f"ready grpc={listening.grpc} http={listening.url}{mutual}\n")
    sys.stdout.flush()


def settings_flags() -> frozenset[str]:
    """Return the flags that set something."""
    return frozenset(flag for action in _parser()._actions for flag in action.option_strings)  # noqa: SLF001  # argparse lists them nowhere else


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cyxwiz-central-server",
        description="The central server: takes jobs, gives them to nodes, keeps their results.",
        epilog="Example: cyxwiz-central-server --listen 0.0.0.0:50051 --state-dir /var/lib/cyxwiz. "
        "'cyxwiz-central-server backup --help' and 'restore --help' tell how to copy a server's state, and "
        "'token create --help' how to make a token.",
    )
    parser.add_argument("--listen", metavar="HOST:PORT", help="where gRPC is served (127.0.0.1:50051)")
    parser.add_argument("--http-listen", metavar="HOST:PORT", help="where HTTP is served (127.0.0.1:8080)")
    parser.add_argument(
        "--advertise", metavar="HOST:PORT", help="where a server that stands by sends people to (the --listen address)"
    )
    parser.add_argument("--state-dir", metavar="DIR", help="where everything is kept (~/.cyxwiz/central)")
    parser.add_argument(
        "--database", metavar="URL", help="sqlite:///FILE or postgresql://… (a file in the state directory)"
    )
    parser.add_argument(
        "--artifacts",
        metavar="URL",
        help="a folder, s3://BUCKET/PREFIX, gs://… or az://…: where files are kept (a folder in the state directory)",
    )
    parser.add_argument("--lease-seconds", type=float, help="how long a silent node keeps its jobs (20)")
    parser.add_argument("--heartbeat-seconds", type=float, help="how often nodes are heard from (2)")
    parser.add_argument(
        "--ageing-seconds", type=float, help="after so long a waiting job counts one priority more (3600)"
    )
    parser.add_argument(
        "--fair-share-half-life-seconds", type=float, help="after so long a user's past use counts half (21600)"
    )
    parser.add_argument(
        "--reservation-seconds", type=float, help="after so long the first in line has a device kept free (60)"
    )
    parser.add_argument("--quotas", metavar="FILE", help="a TOML file: how much each user may have at once (no limits)")
    _add_access(parser)
    _add_tls(parser)
    _add_keeping(parser)
    _add_trackers(parser)
    parser.add_argument("--shutdown-seconds", type=float, help="a stop takes no longer than this (10)")
    parser.add_argument("--otlp-endpoint", metavar="URL", help="an OpenTelemetry collector for traces (none)")
    parser.add_argument("--log-json", action="store_true", default=None, help="log one JSON object a line")
    parser.add_argument(
        "--log-level", choices=["debug", "info", "warning", "error"], help="of the log on standard error (info)"
    )
    return parser


def _add_access(parser: argparse.ArgumentParser) -> None:
    access = parser.add_argument_group("who gets in", "on this machine everybody, as the local user, unless said here")
    access.add_argument("--require-token", action="store_true", default=None, help="nobody without a token")
    access.add_argument(
        "--insecure",
        action="store_true",
        default=None,
        help="listen beyond this machine without TLS and tokens: whoever reaches it is the local user",
    )
    access.add_argument("--allow-host", metavar="NAMES", help="names by which HTTP may be asked, with commas (none)")
    access.add_argument("--rate-limit", type=float, metavar="N", help="requests a second of one token or user (5000)")


def _add_tls(parser: argparse.ArgumentParser) -> None:
    tls = parser.add_argument_group("TLS", "for gRPC and HTTP; a renewed certificate is taken without a restart")
    tls.add_argument("--tls-dir", metavar="DIR", help="what cyxwiz tls init made (none: no TLS)")
    tls.add_argument("--tls-cert", metavar="FILE", help="a certificate from elsewhere, PEM")
    tls.add_argument("--tls-key", metavar="FILE", help="its key, PEM")
    tls.add_argument("--tls-ca", metavar="FILE", help="whose client certificates are taken, with --tls-cert")
    tls.add_argument(
        "--mutual-tls-listen",
        metavar="HOST:PORT",
        help="where gRPC is served to nodes and people that show a certificate (nowhere)",
    )


def _add_keeping(parser: argparse.ArgumentParser) -> None:
    keeping = parser.add_argument_group("what is kept", "0 keeps for ever. What a live job refers to is never removed.")
    for flag, metavar, text in (
        ("--keep-jobs-days", "DAYS", "ended jobs with their metrics, logs and files (90)"),
        ("--keep-jobs-count", "N", "so many ended jobs, the last that ended (100000)"),
        ("--keep-bytes", "SIZE", "database and files, such as 200GiB; then the oldest ended jobs go (no limit)"),
        ("--keep-metrics-days", "DAYS", "metric history of ended jobs (as long as the job)"),
        ("--keep-logs-days", "DAYS", "logs of ended jobs (30)"),
        ("--keep-uploads-days", "DAYS", "uploaded files that no job refers to (7)"),
        ("--keep-audit-days", "DAYS", "entries of the audit log (400)"),
    ):
        keeping.add_argument(flag, metavar=metavar, help=text)


def _add_trackers(parser: argparse.ArgumentParser) -> None:
    trackers = parser.add_argument_group("trackers", "where metrics also go; jobs may choose among these")
    trackers.add_argument("--tensorboard-dir", metavar="DIR", help="TensorBoard's event files, a folder a job")
    trackers.add_argument("--mlflow-tracking-uri", metavar="URI", help="http://HOST:PORT of an MLflow server, or …")
    trackers.add_argument("--mlflow-experiment", metavar="NAME", help="of jobs that name none (cyxwiz)")
    trackers.add_argument("--track", choices=["all", "asked"], help="every job, or those that ask for it (all)")


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(map(str, location))} {message.removeprefix('Value error, ')}".strip()


def _refuse(sentence: str, settings: Settings | None = None) -> int:
    """Say why nothing can be served: to a person, or as a line of the log once it is known to be JSON."""
    if settings is not None and settings.log_json:
        log_event(_logger, "cannot_serve", is_error=True, message=sentence)
    else:
        sys.stderr.write(f"cyxwiz-central-server: {sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
