"""The entry of the command line: names the commands, and turns every error into one sentence and an exit code.

Nothing heavy is imported here: `cyxwiz --help` needs neither JAX nor gRPC.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from cyxwiz import __version__
from cyxwiz.cli.command_table import COMMANDS, command_named, named_command
from cyxwiz.cli.exit_codes import ExitCode, exit_code_of_error
from cyxwiz.cli.options import ServerOption, server_before_command
from cyxwiz.cli.printing import print_error, print_line, stop_printing
from cyxwiz.cli.sentences import sentence_from_error, sentence_from_wrong_usage
from shared.errors import CyxWizError



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
    for name in names:
        app.command(name)(command_named(name))
    return app


def __getattr__(name: str) -> object:
    """Give `app`, the whole application, to whoever asks for it by name, such as what writes the reference."""
    if name == "app":
        return app_with(COMMANDS)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _say_version(is_asked: bool) -> None:
    if is_asked:
        print_line(f"cyxwiz {__version__}")
        raise typer.Exit


def _before_command(
    context: typer.Context,
    server: ServerOption = None,
    version: Annotated[  # noqa: ARG001  # its callback has answered
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    server_before_command.set(server)
    if context.invoked_subcommand is None:
        print(context.get_help())  # noqa: T201  # what was asked for


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are said on standard error."""
    try:
        known = named_command(arguments)
        app = app_with(COMMANDS if known is None else [known])
        code = app(list(arguments), prog_name="cyxwiz", standalone_mode=False)
    except CyxWizError as error:
        print_error(sentence_from_error(error))
        return exit_code_of_error(error)
    except TyperException as error:
        print_error(f"{sentence_from_wrong_usage(error.format_message())} (see cyxwiz --help)")
        return ExitCode.BAD_INPUT
    except Abort:
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Typer leaves by SystemExit(1) only when an output pipe was closed; whoever read us (`| head`) has enough.
        stop_printing()
        return ExitCode.DONE
    return code if isinstance(code, int) else ExitCode.DONE
