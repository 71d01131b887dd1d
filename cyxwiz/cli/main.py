"""The entry of the command line: turns every error into one sentence and an exit code.

Nothing heavy is imported here: `cyxwiz --help` needs neither JAX nor gRPC.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cyxwiz.cli.completing import COMPLETE_FLAG, print_candidates
from cyxwiz.cli.connection_options import connection_options, take_connection_options
from cyxwiz.cli.exit_codes import ExitCode, exit_code_of_error
from cyxwiz.cli.printing import print_error, stop_printing
from cyxwiz.cli.quick_list import quick_list
from cyxwiz.cli.sentences import sentence_from_error
from shared.errors import CyxWizError

if TYPE_CHECKING:
    import typer

    app: typer.Typer


def __getattr__(name: str) -> object:
    """Give `app`, the whole application, to whoever asks for it by name, such as what writes the reference."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cyxwiz.cli.application import app_with
    from cyxwiz.cli.command_table import COMMANDS

    return app_with(COMMANDS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with its code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are said on standard error."""
    try:
        return _run(arguments)
    except CyxWizError as error:
        print_error(sentence_from_error(error))
        return exit_code_of_error(error)
    except (BrokenPipeError, SystemExit):
        # Typer leaves by SystemExit(1) only when an output pipe was closed; whoever read us (`| head`) has enough.
        stop_printing()
        return ExitCode.DONE


def _run(words: Sequence[str]) -> int:
    if words[:1] == [COMPLETE_FLAG]:
        print_candidates(words[1:])
        return ExitCode.DONE
    arguments, said = take_connection_options(words)
    connection_options.set(said)
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it writes of failed handshakes by itself, beside our sentence
    quick = quick_list(arguments)
    if quick is not None:
        quick()
        return ExitCode.DONE
    from cyxwiz.cli.application import run_application

    return run_application(arguments)
