"""`cyxwiz logs`: what a job's attempts have said."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.exit_codes import ExitCode
from cyxwiz.cli.options import JobArgument, ServerOption
from cyxwiz.cli.printing import print_line
from cyxwiz.records import LogLine

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def logs(
    job: JobArgument,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")] = False,
    server: ServerOption = None,
) -> int:
    """Print a job's log.

    Example: cyxwiz logs 7f3a --follow
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> int:
        handle = await find_job(client, job)
        async with aclosing(handle.logs(follow=follow)) as lines:
            async for line in lines:
                print_line(_in_words(line))
        return ExitCode.DONE

    try:
        return with_client(server, work)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _in_words(line: LogLine) -> str:
    at = datetime.fromtimestamp(line.at_ms / 1000, tz=UTC).astimezone()
    return f"{at:%H:%M:%S} [{line.attempt}] {line.level.lower()}: {line.text}"
