"""`cyxwiz logs`: what a job's attempts have said."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.exit_codes import ExitCode
from cyxwiz.cli.options import JobArgument, JsonOption, ServerOption
from cyxwiz.cli.printing import print_json_line, print_line
from cyxwiz.records import LogLine
from shared.visible_text import visible

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def logs(
    job: JobArgument,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")] = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> int:
    """Print a job's log.

    --json prints one object a line.

    Example: cyxwiz logs 7f3a --follow
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> int:
        handle = await find_job(client, job)
        async with aclosing(handle.logs(follow=follow)) as lines:
            async for line in lines:
                _print(line, as_json=as_json)
        return ExitCode.DONE

    try:
        return with_client(server, work)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _print(line: LogLine, *, as_json: bool) -> None:
    if as_json:
        print_json_line(line)
    else:
        print_line(_in_words(line))


def _in_words(line: LogLine) -> str:
    at = datetime.fromtimestamp(line.at_ms / 1000, tz=UTC).astimezone()
    return f"{at:%H:%M:%S} [{line.attempt}] {line.level.lower()}: {visible(line.text)}"
