"""`cyxwiz metrics`: a job's whole history, with a small plot on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cyxwiz.cli.options import JobArgument, JsonOption, ServerOption
from cyxwiz.cli.plot import plotted
from cyxwiz.cli.printing import print_json, print_line, print_table
from cyxwiz.metrics import Metrics
from cyxwiz.records import MetricRow, metric_row_to_json

if TYPE_CHECKING:
    from cyxwiz.aio import Client

_PLOTTED = ("loss", "val_loss")


def metrics(job: JobArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """Show a job's history, one row a report.

    Example: cyxwiz metrics 7f3a --json
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> Metrics:
        return await (await find_job(client, job)).metrics()

    rows = with_client(server, work)
    if as_json:
        print_json([metric_row_to_json(row) for row in rows])
        return
    names = sorted({name for row in rows for name in row.values})
    print_table(("STEP", "EPOCH", *(name.upper() for name in names)), [_cells(row, names) for row in rows])
    if sys.stdout.isatty():
        _print_plot(rows)


def _cells(row: MetricRow, names: list[str]) -> tuple[str, ...]:
    values = (f"{row.values[name]:.6g}" if name in row.values else "-" for name in names)
    return (str(row.step), str(row.epoch), *values)


def _print_plot(rows: Metrics) -> None:
    for name in _PLOTTED:
        points = [(row.step, row.values[name]) for row in rows if name in row.values]
        for line in plotted(points, title=name):
            print_line(line)
