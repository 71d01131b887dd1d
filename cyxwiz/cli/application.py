"""The commands as a Typer application, with every wrong usage as one sentence and an exit code.

Typer checks types with pydantic, which takes a third of a second to load: whoever is in a hurry does not come here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from cyxwiz import __version__
from cyxwiz.cli.chosen_server import server_before_command
from cyxwiz.cli.command_table import COMMANDS, GROUPS, command_named, named_command
from cyxwiz.cli.exit_codes import ExitCode
from cyxwiz.cli.options import CaOption, CertOption, KeyOption, ServerOption, TokenFileOption
from cyxwiz.cli.printing import print_error, print_line
from cyxwiz.cli.sentences import sentence_from_wrong_usage


def run_application(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors that are no wrong usage are raised."""
    known = named_command(arguments)
    app = app_with(COMMANDS if known is None else [known])
    try:
        code = app(list(arguments), prog_name="cyxwiz", standalone_mode=False)
    except TyperException as error:
        print_error(f"{sentence_from_wrong_usage(error.format_message())} (see cyxwiz --help)")
        return ExitCode.BAD_INPUT
    except Abort:
        return ExitCode.INTERRUPTED
    return code if isinstance(code, int) else ExitCode.DONE


def app_with(names: Iterable[str]) -> typer.Typer:
    """Return the application with some of its commands; the others are not even loaded."""
    app = typer.Typer(
        name="cyxwiz",
        help="Train models on a cluster of your own machines: submit a job, watch it learn, take the weights home.",
        add_completion=False,
        invoke_without_command=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_before_command)
    groups: dict[str, typer.Typer] = {}
    for name in names:
        group, is_grouped, word = name.rpartition(" ")
        if is_grouped and group not in groups:
            groups[group] = typer.Typer(invoke_without_command=True, rich_markup_mode=None, callback=_before_group)
            app.add_typer(groups[group], name=group, help=GROUPS[group])
        groups.get(group, app).command(word)(command_named(name))
    return app


def _before_group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print_line(context.get_help())


def _say_version(is_asked: bool) -> None:
    if is_asked:
        print_line(f"cyxwiz {__version__}")
        raise typer.Exit


def _before_command(
    context: typer.Context,
    server: ServerOption = None,
    # Shown in the help; what they say was taken from the arguments before.
    ca: CaOption = None,  # noqa: ARG001
    cert: CertOption = None,  # noqa: ARG001
    key: KeyOption = None,  # noqa: ARG001
    token_file: TokenFileOption = None,  # noqa: ARG001
    version: Annotated[  # noqa: ARG001  # its callback has answered
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    server_before_command.set(server)
    if context.invoked_subcommand is None:
        print(context.get_help())  # noqa: T201  # what was asked for
