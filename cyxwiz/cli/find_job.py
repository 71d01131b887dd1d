"""From what a person typed to a job: the whole id, or a beginning that only one job has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.did_you_mean import did_you_mean
from shared.errors import InvalidField, NotFound

if TYPE_CHECKING:
    from cyxwiz.aio import Client, Job

_SEARCHED_JOBS = 1_000
_NAMED_AT_MOST = 3


async def find_job(client: Client, typed: str) -> Job:
    """Return the job that `typed` means.

    Raises:
        NotFound: no job has this id or begins so, or several do.
    """
    job = client.job(typed)
    try:
        await job.status()
    except (NotFound, InvalidField):
        known = [info.job_id for info in await client.jobs(limit=_SEARCHED_JOBS)]
        return client.job(_only_match(typed, known))
    return job


def _only_match(typed: str, known: Sequence[str]) -> str:
    matches = [job_id for job_id in known if typed and job_id.startswith(typed)]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise NotFound(f"no job {typed}{did_you_mean(typed, known) or '; cyxwiz list shows the jobs there are'}")
    named = ", ".join(matches[:_NAMED_AT_MOST])
    raise NotFound(f"{len(matches)} jobs begin with {typed}; did you mean one of {named}? Write more of the id")
