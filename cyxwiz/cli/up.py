"""`cyxwiz up`: a whole local cluster in the foreground."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.printing import print_line, print_notice
from shared.errors import InvalidField

if TYPE_CHECKING:
    from cyxwiz.local_cluster import ClusterSettings


def up(
    nodes: Annotated[int, typer.Option("--nodes", min=1, max=64, help="How many server nodes.")] = 1,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="gRPC port; 0 is any free one.")] = 50051,
    http_port: Annotated[int, typer.Option("--http-port", min=0, max=65535, help="HTTP port; 0 is any.")] = 8080,
    state_dir: Annotated[
        Path | None, typer.Option("--state-dir", metavar="DIR", help="What the cluster keeps; default ~/.cyxwiz.")
    ] = None,
    data_root: Annotated[
        list[Path] | None,
        typer.Option("--data-root", metavar="DIR", help="A folder that file:// datasets may be in; repeatable."),
    ] = None,
    allow_user_code: Annotated[
        bool, typer.Option("--allow-user-code", help="Run models that users wrote in Python (model: {python: …}).")
    ] = False,
    *,
    tensorboard_dir: Annotated[
        Path | None, typer.Option("--tensorboard-dir", metavar="DIR", help="Write TensorBoard's event files there.")
    ] = None,
    mlflow_tracking_uri: Annotated[
        str | None, typer.Option("--mlflow-tracking-uri", metavar="URI", help="Send metrics to this MLflow.")
    ] = None,
    otlp_endpoint: Annotated[
        str | None, typer.Option("--otlp-endpoint", metavar="URL", help="Send traces to this OpenTelemetry collector.")
    ] = None,
    log_json: Annotated[bool, typer.Option("--log-json", help="Logs with one JSON object a line.")] = False,
    log_level: Annotated[
        str | None, typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
    ] = None,
) -> None:
    """Run a central server and some nodes.

    They run until Ctrl-C; the same state directory again carries on where it was.

    Example: cyxwiz up --nodes 2 --data-root ./data
    """
    from cyxwiz.local_cluster import ClusterSettings, default_state_dir

    of_both = _flags({"--otlp-endpoint": otlp_endpoint, "--log-level": log_level})
    of_both += ("--log-json",) if log_json else ()
    trackers = {"--tensorboard-dir": _whole(tensorboard_dir), "--mlflow-tracking-uri": mlflow_tracking_uri}
    settings = ClusterSettings(
        state_dir=(state_dir or default_state_dir()).expanduser().absolute(),
        nodes=nodes,
        grpc_port=port,
        http_port=http_port,
        data_roots=tuple(root.expanduser().absolute() for root in data_root or ()),
        allow_user_code=allow_user_code,
        server_flags=_flags(trackers) + of_both,
        node_flags=of_both,
    )
    _refuse_missing(settings.data_roots)
    asyncio.run(_run(settings))


def _flags(said: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple(word for flag, value in said.items() if value for word in (flag, value))


def _whole(path: Path | None) -> str | None:
    return str(path.expanduser().absolute()) if path else None


async def _run(settings: ClusterSettings) -> None:
    from cyxwiz.cli.stop_signals import on_stop_signal
    from cyxwiz.local_cluster import running_cluster

    this = asyncio.current_task()
    assert this is not None
    with on_stop_signal(this.cancel):
        try:
            async with running_cluster(settings, say=_say) as cluster:
                print_line(cluster.ready_line)
                _say(f"the admin's token is in {settings.state_dir / 'server' / 'admin-token'}")
                await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            this.uncancel()


def _refuse_missing(data_roots: tuple[Path, ...]) -> None:
    for root in data_roots:
        if not root.is_dir():
            raise InvalidField(f"--data-root must be a folder, and {root} is none", field="data-root")


def _say(sentence: str) -> None:
    print_notice(f"cyxwiz up: {sentence}")
