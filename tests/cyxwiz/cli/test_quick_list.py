"""The short way of `cyxwiz list`: it loads little, and never means anything else than the long one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cyxwiz.cli.application import run_application
from cyxwiz.cli.quick_list import quick_list
from tests.cyxwiz.scripted_server import Script, a_job


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--help"],
        ["list", "--limit", "many"],
        ["list", "--limit", "-1"],
        ["list", "--state"],
        ["list", "--state", "--json"],
        ["list", "extra"],
        ["--json", "list"],
        ["--version", "list"],
        ["show", "list"],
        ["list", "list"],
        ["watch"],
        [],
    ],
)
def test_what_is_no_plain_list_is_left_to_typer(arguments: list[str]) -> None:
    assert quick_list(arguments) is None


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--limit=1"],
        ["--limit", "1"],
        ["--state", "failed"],
        ["--state=failed", "--json"],
        ["--limit", "2", "--limit", "1"],
    ],
)
def test_both_ways_ask_and_print_the_same(
    server: str, script: Script, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    script.jobs = {"one": a_job("one"), "two": a_job("two", state="failed")}
    arguments = ["--server", server, "list", *options]
    quick = quick_list(arguments)
    assert quick is not None
    quick()
    shortly, asked = capsys.readouterr().out, list(script.received)
    script.received.clear()
    assert run_application(arguments) == 0
    assert shortly == capsys.readouterr().out
    assert [name for name, _ in asked] == [name for name, _ in script.received]
    assert asked[0] == script.received[0]


def test_listing_loads_nothing_that_only_other_commands_need(server: str, script: Script) -> None:
    script.jobs = {"one": a_job("one")}
    unneeded = ("typer", "pydantic", "numpy", "yaml", "rich", "google.rpc", "jax")
    code = (
        "import sys\nfrom cyxwiz.cli.main import run\n"
        f"assert run(['list', '--server', {server!r}]) == 0\n"
        f"sys.exit(' '.join(name for name in {unneeded} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("\n", 1)
    assert "one" in done.stdout
