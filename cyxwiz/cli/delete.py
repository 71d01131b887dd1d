"""`cyxwiz delete`: removes a job and what only it used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyxwiz.cli.options import JobArgument, JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def delete(job: JobArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """Remove a job and what only it used.

    A running one is cancelled first.

    Example: cyxwiz delete 7f3a
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> str:
        handle = await find_job(client, job)
        await handle.delete()
        return handle.id

    job_id = with_client(server, work)
    if as_json:
        print_json({"job_id": job_id, "deleted": True})
    else:
        print_line(f"{job_id} deleted")
