"""`cyxwiz resume`: puts a paused job back into the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.cli.options import JobArgument, JsonOption, ServerOption
from cyxwiz.cli.standing import print_standing
from cyxwiz.records import JobInfo

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def resume(job: JobArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """Let a paused job go on.

    Example: cyxwiz resume 7f3a
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> JobInfo:
        handle = await find_job(client, job)
        await handle.resume()
        return await handle.status()

    info = with_client(server, work)
    print_standing(info, as_json=as_json)
