"""Writes the reference of the command line, `docs/reference/command-line.md`, from the commands themselves.

`python -m cyxwiz.cli.reference > docs/reference/command-line.md`. A test holds the file against this.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import typer.main

from cyxwiz.cli.exit_codes import ExitCode
from cyxwiz.cli.main import app

_WIDTH = 110
_HEAD = """\
# The command line

Made from the code by `python -m cyxwiz.cli.reference`; do not edit.

Each command says this itself with `--help`. Where the server is: `--server HOST:PORT`, else `CYXWIZ_SERVER`, else
`127.0.0.1:50051`. `--json` prints one JSON document, or one a line where it streams, and nothing else on standard
output; errors are one sentence on standard error.

"""
_MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.JOB_FAILED: "the job failed",
    ExitCode.BAD_INPUT: "wrong usage or bad input",
    ExitCode.JOB_CANCELLED: "the job was cancelled",
    ExitCode.NOT_FOUND: "not found",
    ExitCode.UNREACHABLE: "the server cannot be reached",
    ExitCode.NOT_ALLOWED: "not allowed",
    ExitCode.BROKEN: "something broke that is not the caller's fault",
    ExitCode.INTERRUPTED: "Ctrl-C",
}


def command_line_page() -> str:
    """Return the page."""
    commands = _commands(typer.main.get_command(app), "cyxwiz", level=2)
    return (_HEAD + "".join(_exit_codes()) + "".join(commands)).rstrip() + "\n"


def _exit_codes() -> Iterator[str]:
    yield "| exit code | means |\n|---|---|\n"
    for code in ExitCode:
        yield f"| {code.value} | {_MEANINGS[code]} |\n"
    yield "\n"


def _commands(group: Any, path: str, *, level: int) -> Iterator[str]:
    """Give each command below a group, and what is below those, in the order of the help."""
    for name, command in sorted(group.commands.items()):
        if command.hidden:
            continue
        yield f"{'#' * level} `{path} {name}`\n\n```text\n{_help(command, f'{path} {name}')}\n```\n\n"
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}", level=level + 1)


def _help(command: Any, path: str) -> str:
    context = command.make_context(path, [], resilient_parsing=True, terminal_width=_WIDTH, max_content_width=_WIDTH)
    text = command.get_help(context)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


if __name__ == "__main__":
    sys.stdout.write(command_line_page())
