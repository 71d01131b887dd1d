"""`cyxwiz list`: the jobs there are, newest first."""

from __future__ import annotations

from typing import Annotated

import typer

from cyxwiz.cli.job_table import DEFAULT_LIMIT, print_jobs
from cyxwiz.cli.options import JsonOption, ServerOption
from cyxwiz.list_filters import STATES_IN_WORDS


def list_jobs(
    state: Annotated[
        str | None, typer.Option("--state", metavar="STATE", help=f"Only jobs in this state: {STATES_IN_WORDS}.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Not more than so many.")] = DEFAULT_LIMIT,
    as_json: JsonOption = False,
    server: ServerOption = None,
) -> None:
    """List jobs, newest first.

    Example: cyxwiz list --state running

    Example: cyxwiz list --json | jq -r '.[].job_id'
    """
    print_jobs(state=state, limit=limit, as_json=as_json, server=server)
