"""`cyxwiz watch`: shows a job's progress until it has ended; stopping to watch does not stop the job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.cli.exit_codes import ExitCode, exit_code_of_job
from cyxwiz.cli.options import JobArgument, JsonOption, ServerOption
from cyxwiz.cli.printing import print_notice
from cyxwiz.cli.submit import say_it_goes_on

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def watch(job: JobArgument, as_json: JsonOption = False, server: ServerOption = None) -> int:
    """Watch a job to its end.

    Exits with the job's code: 0 succeeded, 1 failed, 3 cancelled. Ctrl-C leaves the job running and exits with 130;
    a closed output pipe leaves it running and exits with 0.

    Example: cyxwiz watch 7f3a
    """
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
