"""Follows every job that runs or waits on one of three displays: a live table, lines in a pipe, JSON rows."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from cyxwiz.cli.following import closing_sentence, say_away, say_back
from cyxwiz.cli.job_board import in_board_order
from cyxwiz.cli.live_jobs import Round, rounds
from cyxwiz.cli.printing import print_json_line, print_line, print_notice
from cyxwiz.cli.words import standing_in_words
from cyxwiz.records import JobInfo
from shared.errors import NotFound
from shared.lifecycle import JobState
from shared.visible_text import visible

if TYPE_CHECKING:
    from cyxwiz.aio import Client

_EVERY_SECONDS = 1.0
_LINES_BESIDE_ROWS = 3

Display = Callable[[Round], None]
"""Shows where the jobs stand, each round."""


async def follow_all(client: Client, *, as_json: bool) -> list[JobInfo]:
    """Show every job until none runs or waits any more, and return those that ended meanwhile."""
    ended: list[JobInfo] = []
    found = rounds(client, every_seconds=_EVERY_SECONDS, on_away=say_away, on_back=say_back)
    if as_json:
        return await _follow_in_rows(client, found)
    with _display() as show:
        async for one in found:
            show(one)
            ended += [info for info in one.changed if info.has_ended]
    return ended


def last_sentence(ended: list[JobInfo]) -> str:
    """Return how those that were followed ended, all together."""
    if not ended:
        return "nothing runs or waits"
    counts = {state: sum(info.state is state for info in ended) for state in JobState}
    named = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return f"nothing runs or waits any more: {named}"


async def _follow_in_rows(client: Client, found: AsyncIterator[Round]) -> list[JobInfo]:
    ended: list[JobInfo] = []
    last: dict[str, JobInfo] = {}
    async for one in found:
        for info in one.changed:
            try:
                # A listed job is without its attempts; a row has them.
                whole = info if info.has_ended else await client.job(info.job_id).status()
            except NotFound:
                continue  # deleted meanwhile
            if last.get(info.job_id) != whole:
                print_json_line(whole)
                last[info.job_id] = whole
        ended += [info for info in one.changed if info.has_ended]
    return ended


def _display() -> AbstractContextManager[Display]:
    return _table() if sys.stdout.isatty() else _lines()


@contextmanager
def _lines() -> Iterator[Display]:
    last: dict[str, str] = {}

    def show(one: Round) -> None:
        for info in one.changed:
            line = line_of(info)
            if last.get(info.job_id) != line:
                print_line(line)
                last[info.job_id] = line
            if info.has_ended:
                if info.state is JobState.FAILED:
                    print_notice(closing_sentence(info))
                del last[info.job_id]

    yield show


def line_of(info: JobInfo) -> str:
    """Return one line that says which job it is and where it stands."""
    return f"{info.job_id}  {f'{info.name}  ' if info.name else ''}{standing_in_words(info)}"


@contextmanager
def _table() -> Iterator[Display]:
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from cyxwiz.cli.rich_table import job_table

    with Live(auto_refresh=False) as live:

        def show(one: Round) -> None:
            for info in one.changed:
                if info.has_ended:
                    live.console.print(Text(visible(closing_sentence(info))))
            infos = in_board_order(one.live)
            shown = infos[: max(1, live.console.height - _LINES_BESIDE_ROWS)]
            table = job_table(shown, width=live.console.width)
            more = len(infos) - len(shown)
            live.update(Group(table, Text(f"and {more} more")) if more else table, refresh=True)

        yield show
