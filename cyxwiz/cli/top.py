"""`cyxwiz top`: a live screen of the cluster: nodes, devices, memory, and the jobs that run or wait."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.cluster_screen import DEVICE_HEADER, ClusterMoment, device_rows, heading, moment_to_json
from cyxwiz.cli.exit_codes import ExitCode
from cyxwiz.cli.job_board import BOARD_HEADER, board_row, in_board_order
from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line, print_table
from shared.visible_text import visible

if TYPE_CHECKING:
    from rich.console import ConsoleDimensions, RenderableType

    from cyxwiz.aio import Client

_LINES_BESIDE_ROWS = 7


def top(
    once: Annotated[bool, typer.Option("--once", help="Print it once, as a pipe gets it too.")] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=0.2, max=3600, help="How often the screen is renewed.")
    ] = 2.0,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> int:
    """Show nodes, devices, memory and jobs on a live screen.

    Ctrl-C leaves it. PROMISED is the memory that the central server has given to attempts, USED what the node says
    is taken, by others too.

    Example: cyxwiz top --every 5
    """
    from cyxwiz.cli.with_client import with_client

    if not (once or as_json) and sys.stdout.isatty():
        return _live(every, server)
    moment = with_client(server, moment_of_cluster)
    if as_json:
        print_json(moment_to_json(moment))
    else:
        _print_once(moment)
    return ExitCode.DONE


async def moment_of_cluster(client: Client) -> ClusterMoment:
    """Ask for everything that the screen shows."""
    from cyxwiz.cli.live_jobs import live_jobs

    server, nodes, jobs = await asyncio.gather(client.server_info(), client.nodes(), live_jobs(client))
    return ClusterMoment(server=server, nodes=nodes, jobs=in_board_order(jobs))


def _print_once(moment: ClusterMoment) -> None:
    print_line(heading(moment))
    print_line()
    print_table(DEVICE_HEADER, list(device_rows(moment.nodes, now_ms=moment.server.clock_ms)))
    if moment.jobs:
        print_line()
        print_table(BOARD_HEADER, [board_row(info) for info in moment.jobs])


def _live(every_seconds: float, server: str | None) -> int:
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> None:
        from rich.live import Live

        from cyxwiz.errors import ServerUnreachable

        moment = await moment_of_cluster(client)
        with Live(screen=True, auto_refresh=False) as live:
            while True:
                live.update(_screen(moment, size=live.console.size), refresh=True)
                await asyncio.sleep(every_seconds)
                try:
                    moment = await moment_of_cluster(client)
                except ServerUnreachable as error:
                    live.update(_screen(moment, size=live.console.size, trouble=str(error)), refresh=True)

    with contextlib.suppress(KeyboardInterrupt):  # the way to leave it
        with_client(server, work)
    return ExitCode.DONE


def _screen(moment: ClusterMoment, *, size: ConsoleDimensions, trouble: str = "") -> RenderableType:
    """Return the whole screen; jobs that do not fit are counted."""
    from rich.console import Group
    from rich.text import Text

    from cyxwiz.cli.rich_table import device_table, job_table

    devices = list(device_rows(moment.nodes, now_ms=moment.server.clock_ms))
    shown = moment.jobs[: max(1, size.height - _LINES_BESIDE_ROWS - len(devices))]
    more = len(moment.jobs) - len(shown)
    title = visible(trouble or heading(moment))
    return Group(
        Text(title, style="bold red" if trouble else "bold", no_wrap=True, overflow="ellipsis"),
        Text(),
        device_table(devices, width=size.width),
        Text(),
        job_table(shown, width=size.width),
        Text(f"and {more} more" if more else ""),
    )
