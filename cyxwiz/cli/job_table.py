"""Prints the jobs there are, newest first, as a table or as JSON; it loads nothing that this does not need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.array_order import in_array_order
from cyxwiz.cli.printing import print_json, print_table
from cyxwiz.cli.with_client import with_client
from cyxwiz.cli.words import moment_in_words, scores_in_words
from cyxwiz.records import JobInfo
from shared.clock import SystemClock

if TYPE_CHECKING:
    from cyxwiz.aio import Client

DEFAULT_LIMIT = 50


def print_jobs(*, state: str | None, limit: int, as_json: bool, server: str | None) -> None:
    """Ask for the jobs and print them."""

    async def work(client: Client) -> list[JobInfo]:
        return await client.jobs(state=state, limit=limit, complete=as_json)

    infos = with_client(server, work)
    if as_json:
        print_json(infos)
        return
    now_ms = SystemClock().unix_ms()
    rows = [_row(info, now_ms) for info in in_array_order(infos)]
    print_table(("JOB", "NAME", "STATE", "PROGRESS", "SUBMITTED", "SCORES"), rows)


def _row(info: JobInfo, now_ms: int) -> tuple[str, ...]:
    return (
        info.job_id,
        info.name or "-",
        str(info.state),
        f"{info.progress:.0%}",
        moment_in_words(info.submitted_at_ms, now_ms=now_ms),
        info.waiting_reason or scores_in_words(info) or "-",
    )
