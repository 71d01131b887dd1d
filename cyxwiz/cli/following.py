"""Follows a job to its end on one of three displays: live on a terminal, lines in a pipe, JSON rows for a program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager
from typing import TYPE_CHECKING

from cyxwiz.cli.printing import print_json_line, print_line, print_notice, stop_printing
from cyxwiz.cli.progress_line import progress_line
from cyxwiz.cli.words import seconds_in_words, standing_in_words
from cyxwiz.records import JobInfo
from shared.errors import OurBug
from shared.visible_text import visible

if TYPE_CHECKING:
    from cyxwiz.aio import Job


Display = Callable[[JobInfo], None]
"""Shows where a job stands, each time it has moved."""


async def follow(job: Job, *, as_json: bool) -> JobInfo:
    """Show the job's progress until it has ended and return it as it ended."""
    with _display(as_json=as_json) as show:
        async with aclosing(job.watch(on_away=lambda _: say_away(), on_back=say_back)) as updates:
            async for info in updates:
                _show(show, info)
                if info.has_ended:
                    return info
    raise OurBug(f"the updates of job {job.id} ended before the job did")


def _show(show: Display, info: JobInfo) -> None:
    """Show it; when nobody reads any more, that is raised, except at the job's end, whose exit code still counts."""
    try:
        show(info)
    except BrokenPipeError:
        if not info.has_ended:
            raise
        stop_printing()


def closing_sentence(info: JobInfo) -> str:
    """Return how a job that has ended did so."""
    if info.error is not None:
        return f"job {info.job_id} failed: {info.error.message} ({info.error.code})"
    why = f": {info.reason}" if info.reason else ""
    took = ""
    if info.started_at_ms is not None and info.ended_at_ms is not None:
        took = f" after {seconds_in_words((info.ended_at_ms - info.started_at_ms) / 1000)}"
    return f"job {info.job_id} {info.state}{took}{why}"


def say_away() -> None:
    """Tell a person who follows something that the server cannot be reached for now."""
    print_notice("cyxwiz: the connection to the central server was lost, trying again")


def say_back() -> None:
    """Tell a person who follows something that the server answers again."""
    print_notice("cyxwiz: the connection to the central server is back")


def _display(*, as_json: bool) -> AbstractContextManager[Display]:
    if as_json:
        return _rows()
    return _bar() if sys.stdout.isatty() else _lines()


@contextmanager
def _rows() -> Iterator[Display]:
    yield print_json_line


@contextmanager
def _lines() -> Iterator[Display]:
    last = ""

    def show(info: JobInfo) -> None:
        nonlocal last
        line = standing_in_words(info)
        if line != last:
            print_line(line)
            last = line

    yield show


@contextmanager
def _bar() -> Iterator[Display]:
    from rich.console import Group
    from rich.live import Live
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.text import Text

    progress = Progress(TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
    task = progress.add_task("", total=1.0)
    with Live(progress, auto_refresh=False) as live:

        def show(info: JobInfo) -> None:
            title = visible(f"{info.name or info.job_id} {info.state}")
            progress.update(task, description=title, completed=info.progress)
            live.update(Group(progress, Text(visible(progress_line(info, width=live.console.width)))), refresh=True)

        yield show
