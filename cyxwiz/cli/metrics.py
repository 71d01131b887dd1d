"""`cyxwiz metrics`: a job's whole history, as a table, as JSON, or as plots in characters."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JobArgument, JsonOption, ServerOption
from cyxwiz.cli.plot import PlotSize, plot_size_of, plotted
from cyxwiz.cli.printing import print_json, print_line, print_notice, print_table
from cyxwiz.metrics import Metrics
from cyxwiz.records import MetricRow, metric_row_to_json
from shared.did_you_mean import did_you_mean
from shared.errors import NotFound

if TYPE_CHECKING:
    from cyxwiz.aio import Client

_PLOTTED = ("loss", "val_loss")


def metrics(
    job: JobArgument,
    plot: Annotated[bool, typer.Option("--plot", help="Print plots, in a pipe too, and no table.")] = False,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="NAME", help="Only this value, such as val_accuracy; repeatable."),
    ] = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Show a job's history, one row a report.

    On a terminal plots of loss and val_loss follow, or of what --metric names.

    Example: cyxwiz metrics 7f3a --plot --metric accuracy --metric val_accuracy
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> Metrics:
        return await (await find_job(client, job)).metrics()

    rows = with_client(server, work)
    names = _checked(metric or [], rows)
    if not rows and not as_json:
        print_notice("cyxwiz: the job has reported no values yet; cyxwiz show says where it stands")
    elif as_json:
        print_json([metric_row_to_json(row) for row in _only(names, rows)])
    elif plot:
        _print_plots(rows, names or [name for name in _PLOTTED if name in rows.names])
    else:
        _print_rows(_only(names, rows))
        if sys.stdout.isatty():
            _print_plots(rows, names or _PLOTTED)


def _checked(asked: list[str], rows: Metrics) -> list[str]:
    for name in asked:
        if rows and name not in rows.names:
            there = ", ".join(rows.names)
            raise NotFound(f"no report has {name}{did_you_mean(name, rows.names) or f'; there are {there}'}")
    return asked


def _only(names: list[str], rows: Metrics) -> list[MetricRow]:
    """The rows with nothing but these values; those that have none of them go."""
    if not names:
        return list(rows)
    kept = [(row, {name: row.values[name] for name in names if name in row.values}) for row in rows]
    return [replace(row, values=values) for row, values in kept if values]


def _print_rows(rows: list[MetricRow]) -> None:
    names = sorted({name for row in rows for name in row.values})
    print_table(("STEP", "EPOCH", *(name.upper() for name in names)), [_cells(row, names) for row in rows])


def _cells(row: MetricRow, names: list[str]) -> tuple[str, ...]:
    values = (f"{row.values[name]:.6g}" if name in row.values else "-" for name in names)
    return (str(row.step), str(row.epoch), *values)


def _print_plots(rows: Metrics, names: Sequence[str]) -> None:
    for name in names:
        points = [(row.step, row.values[name]) for row in rows if name in row.values]
        for line in plotted(points, title=name, size=_plot_size()):
            print_line(line)


def _plot_size() -> PlotSize:
    return plot_size_of(shutil.get_terminal_size()) if sys.stdout.isatty() else PlotSize()
