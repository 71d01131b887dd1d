"""`cyxwiz pause`: has a job save a checkpoint and give its device back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.options import JobArgument, JsonOption, ServerOption
from cyxwiz.cli.standing import print_standing
from cyxwiz.records import JobInfo

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def pause(
    job: JobArgument,
    wait: Annotated[bool, typer.Option("--wait", help="Return only when its device is free.")] = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """Pause a job until it is resumed.

    It goes on from a checkpoint.

    Example: cyxwiz pause 7f3a --wait
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.waiting import wait_until_device_is_free
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> JobInfo:
        handle = await find_job(client, job)
        await handle.pause()
        return await (wait_until_device_is_free(handle) if wait else handle.status())

    info = with_client(server, work)
    print_standing(info, as_json=as_json)
