"""Says where a job stands after a command has changed it."""

from __future__ import annotations

from cyxwiz.cli.printing import print_json, print_line
from cyxwiz.records import JobInfo


def print_standing(info: JobInfo, *, as_json: bool) -> None:
    """Print the job's id and state, or the whole row as `cyxwiz show --json` does."""
    if as_json:
        print_json(info)
    else:
        print_line(f"{info.job_id} {info.state}")
