"""The table of commands: every one can be loaded, and only the one that is used is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cyxwiz.cli import main
from cyxwiz.cli.command_table import COMMANDS, command_named, named_command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_where_the_table_says_and_has_an_example(name: str) -> None:
    assert f"Example: cyxwiz {name}" in (command_named(name).__doc__ or "")


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["show", "7f3a"], "show"),
        (["--server", "list:1", "nodes"], "nodes"),
        (["--server=list:1", "nodes"], "nodes"),
        (["--server=list:1", "tls", "show"], "tls show"),
        (["tls", "--help"], None),
        (["shwo"], None),
        (["--help"], None),
        ([], None),
    ],
)
def test_the_first_word_that_is_no_option_is_the_command(arguments: list[str], command: str | None) -> None:
    assert named_command(arguments) == command


def test_the_whole_application_is_there_by_name() -> None:
    assert [command.name for command in main.app.registered_commands] == [name for name in COMMANDS if " " not in name]
    grouped = {
        f"{group.name} {command.name}"
        for group in main.app.registered_groups
        for command in (group.typer_instance.registered_commands if group.typer_instance else ())
    }
    assert grouped == {name for name in COMMANDS if " " in name}


def test_one_command_loads_no_other() -> None:
    code = (
        "import sys\nfrom cyxwiz.cli.main import run\nrun(['show', '--help'])\n"
        "sys.exit(' '.join(name for name in ('cyxwiz.cli.demo', 'cyxwiz.cli.submit') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("\n", 1)
