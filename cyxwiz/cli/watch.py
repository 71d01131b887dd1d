"""`cyxwiz watch`: shows a job's progress, or that of all of them, to the end; stopping to watch stops no job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.exit_codes import ExitCode, exit_code_of_job
from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.cli.printing import print_notice
from cyxwiz.cli.submit import say_it_goes_on

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def watch(
    job: Annotated[
        str | None,
        typer.Argument(metavar="JOB", help="A job id, or the beginning of one; all that run or wait without it."),
    ] = None,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> int:
    """Watch a job, or every job that runs or waits, to the end.

    With JOB it exits with the job's code: 0 succeeded, 1 failed, 3 cancelled. Without, jobs that are submitted
    meanwhile are watched too, those that fail are told, and it exits with 0 when nothing runs or waits any more.
    Ctrl-C leaves jobs running and exits with 130; a closed output pipe leaves them running and exits with 0.

    Example: cyxwiz watch 7f3a
    """
    return (
        _watch_all(as_json=as_json, server=server) if job is None else _watch_one(job, as_json=as_json, server=server)
    )


def _watch_one(job: str, *, as_json: bool, server: str | None) -> int:
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.following import closing_sentence, follow
    from cyxwiz.cli.with_client import with_client

    found = job

    async def work(client: Client) -> int:
        nonlocal found
        handle = await find_job(client, job)
        found = handle.id
        info = await follow(handle, as_json=as_json)
        if not as_json:
            print_notice(closing_sentence(info))
        return exit_code_of_job(info.state)

    try:
        return with_client(server, work)
    except KeyboardInterrupt:
        say_it_goes_on(found)
        return ExitCode.INTERRUPTED


def _watch_all(*, as_json: bool, server: str | None) -> int:
    from cyxwiz.cli.following_all import follow_all, last_sentence
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> int:
        ended = await follow_all(client, as_json=as_json)
        if not as_json:
            print_notice(last_sentence(ended))
        return ExitCode.DONE

    try:
        return with_client(server, work)
    except KeyboardInterrupt:
        print_notice("cyxwiz: the jobs go on; cyxwiz watch shows them again")
        return ExitCode.INTERRUPTED
