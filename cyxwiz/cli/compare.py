"""`cyxwiz compare`: jobs side by side: the settings that differ, and their scores."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_table
from shared.errors import InvalidField

if TYPE_CHECKING:
    from cyxwiz.aio import Client, Job
    from cyxwiz.cli.comparison import ComparedJob


def compare(
    jobs: Annotated[
        list[str], typer.Argument(metavar="JOB...", help="Two job ids or more, or the beginnings of them.")
    ],
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Compare jobs side by side.

    Shown are the settings that differ, the final scores, and the best ones with the step at which they were reached;
    * marks the best of a row.

    Example: cyxwiz compare 7f3a 90bc
    """
    from cyxwiz.cli.comparison import comparison_rows, comparison_to_json
    from cyxwiz.cli.with_client import with_client

    compared = with_client(server, lambda client: _compared(client, jobs))
    if as_json:
        print_json(comparison_to_json(compared))
    else:
        print_table(("JOB", *(job.info.job_id for job in compared)), list(comparison_rows(compared)))


async def _compared(client: Client, typed: list[str]) -> list[ComparedJob]:
    from cyxwiz.cli.find_job import find_job

    handles = {handle.id: handle for handle in [await find_job(client, one) for one in typed]}
    if len(handles) < 2:
        raise InvalidField("compare needs two jobs or more, got one; cyxwiz show shows a single one", field="jobs")
    return list(await asyncio.gather(*map(_column, handles.values())))


async def _column(job: Job) -> ComparedJob:
    from cyxwiz.cli.comparison import compared_job

    info, spec, history = await asyncio.gather(job.status(), job.spec(), job.metrics())
    return compared_job(info, spec.model_dump(mode="json"), history)
