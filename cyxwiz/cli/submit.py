"""`cyxwiz submit`: sends a job file, with changes, and perhaps follows it to its end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cyxwiz.cli.exit_codes import ExitCode, exit_code_of_job
from cyxwiz.cli.options import JobFileArgument, JsonOption, ServerOption, SetOption
from cyxwiz.cli.printing import print_json, print_line, print_notice
from shared.errors import InvalidField

if TYPE_CHECKING:
    from cyxwiz.aio import Client, Job
    from cyxwiz.records import JobInfo


def submit(
    file: JobFileArgument,
    changes: SetOption = None,
    follow: Annotated[bool, typer.Option("--follow", help="Watch it to its end and exit with its code.")] = False,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> int:
    """Submit a job file and print the job's id.

    A file with the key 'array' stands for several jobs; their ids are printed one a line.

    Example: cyxwiz submit digits.yaml --set hyperparameters.learning_rate=0.01 --follow
    """
    from cyxwiz.cli.with_client import with_client
    from cyxwiz.job_array import is_array

    job = job_from_file(file, changes or [])
    if is_array(job):
        return _submit_array(job, follow=follow, as_json=as_json, server=server)
    submitted: list[Job] = []

    async def work(client: Client) -> int:
        submitted.append(await client.submit(job))
        return await _after_submission(submitted[0], follow=follow, as_json=as_json)

    try:
        return with_client(server, work)
    except KeyboardInterrupt:
        if submitted:
            say_it_goes_on(submitted[0].id)
        return ExitCode.INTERRUPTED


def _submit_array(job: dict[str, object], *, follow: bool, as_json: bool, server: str | None) -> int:
    from cyxwiz.cli.with_client import with_client

    if follow:
        raise InvalidField("--follow watches one job, and 'array' stands for several: submit, then cyxwiz watch JOB")

    async def work(client: Client) -> list[JobInfo]:
        jobs = await client.submit_array(job)
        if not as_json:
            for handle in jobs:
                print_line(handle.id)
            return []
        return [await handle.status() for handle in jobs]

    infos = with_client(server, work)
    if as_json:
        print_json(infos)
    return ExitCode.DONE


def job_from_file(file: str, changes: list[str]) -> dict[str, object]:
    """Return the keys of a job file, `-` being standard input, with changes put in."""
    from cyxwiz.job_file import job_mapping_from_text, read_job_file

    if file == "-":
        text = _standard_input()
        return job_mapping_from_text(text, source="standard input", folder=Path(), overrides=changes)
    return read_job_file(Path(file), changes)


def _standard_input() -> str:
    from shared.job_text import MAX_JOB_FILE_BYTES, text_within_limit

    data = sys.stdin.buffer.read(MAX_JOB_FILE_BYTES + 1)
    return text_within_limit(data, MAX_JOB_FILE_BYTES, what="standard input")


def say_it_goes_on(job_id: str) -> None:
    """Tell a person who stopped watching that the job has not stopped."""
    print_notice(f"cyxwiz: job {job_id} goes on; cyxwiz watch {job_id} shows it, cyxwiz cancel {job_id} ends it")


async def _after_submission(job: Job, *, follow: bool, as_json: bool) -> int:
    from cyxwiz.cli.following import closing_sentence
    from cyxwiz.cli.following import follow as follow_job

    if as_json and not follow:
        print_json(await job.status())
        return ExitCode.DONE
    if not as_json:
        print_line(job.id)
    if not follow:
        return ExitCode.DONE
    info = await follow_job(job, as_json=as_json)
    if not as_json:
        print_notice(closing_sentence(info))
    return exit_code_of_job(info.state)
