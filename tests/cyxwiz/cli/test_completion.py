"""Completion in a shell: what is offered at each place, and that a real bash offers it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cyxwiz.cli.command_table import COMMANDS
from cyxwiz.cli.completing import candidates
from cyxwiz.cli.connection_options import CONNECTION_OPTIONS
from cyxwiz.cli.main import run
from shared.pb import node_pb2
from tests.cyxwiz.scripted_server import Script, a_job

FIRST_WORDS = list(dict.fromkeys(name.partition(" ")[0] for name in COMMANDS))


def offered(*words: str) -> list[str]:
    return candidates(words, ask=lambda kind, server: [f"{kind}-at-{server}"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["wa"], ["watch"]),
        (["--server", "h:1", "dr"], ["drain"]),
        (["--se"], ["--server"]),
        (["--server", ""], []),
        (["cancel", "--re"], ["--reason"]),
        (["cancel", "--reason", ""], []),
        (["list", "--state", "qu"], ["queued"]),
        (["cancel", ""], ["JOB-at-None"]),
        (["--server", "h:1", "watch", ""], ["JOB-at-h:1"]),
        (["compare", "a", "--server=h:2", "JOB"], ["JOB-at-h:2"]),
        (["drain", ""], ["NODE-at-None"]),
        (["submit", ""], []),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["nothing", ""], FIRST_WORDS),
        (["token", "re"], ["revoke"]),
    ],
)
def test_each_place_offers_what_may_stand_there(words: list[str], expected: list[str]) -> None:
    assert offered(*words) == expected


def test_at_the_start_every_command_is_offered() -> None:
    assert offered("") == offered() == FIRST_WORDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_options_are_those_of_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.split(), "--help"]) == 0
    text = capsys.readouterr().out
    options = [option for option in offered(*command.split(), "--") if option not in CONNECTION_OPTIONS]
    assert "--help" in options
    listed = [line.split()[0].rstrip(",") for line in text.splitlines() if line.strip().startswith("--")]
    assert set(listed) <= set(options)
    assert all(option in text for option in options)


def test_ids_come_from_the_server(script: Script, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    script.jobs = {"7f3a": a_job("7f3a"), "90bc": a_job("90bc")}
    script.nodes = [node_pb2.NodeInfo(node_id="n-1", name="gpu-3"), node_pb2.NodeInfo(node_id="n-2")]
    assert run(["--complete", "show", "--server", server, "7"]) == 0
    assert run(["--complete", "drain", "--server", server, ""]) == 0
    assert capsys.readouterr() == ("7f3a\ngpu-3\nn-2\n", "")


@pytest.mark.parametrize("server", ["127.0.0.1:1", "nonsense"])
def test_a_server_that_cannot_be_asked_offers_nothing_and_says_nothing(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--complete", "show", "--server", server, ""]) == 0
    assert capsys.readouterr() == ("", "")


def test_offering_commands_and_options_loads_neither_grpc_nor_the_application() -> None:
    code = (
        "import sys\nfrom cyxwiz.cli.main import run\nrun(['--complete', 'watch', '--s'])\n"
        "heavy = ('grpc', 'pydantic', 'jax', 'rich', 'cyxwiz.cli.application')\n"
        "sys.exit(' '.join(name for name in heavy if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("--server\n", "\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_one(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "--complete" in script
    if shutil.which(shell):
        checked = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_a_real_bash_completes_behind_a_server_with_a_colon(
    script: Script, server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.jobs = {"7f3a": a_job("7f3a")}
    program = tmp_path / "cyxwiz"
    program.write_text(f'#!/bin/bash\nexec {sys.executable} -m cyxwiz "$@"\n')
    program.chmod(0o755)
    assert run(["completion", "bash"]) == 0
    line = f"cyxwiz --server {server} show 7"
    asked = f"""
COMP_LINE='{line} and what stands behind the cursor' COMP_POINT={len(line)}
_cyxwiz cyxwiz
printf '%s\\n' "${{COMPREPLY[@]}}"
COMP_LINE='cyxwiz ' COMP_POINT=7
_cyxwiz cyxwiz
printf '%s\\n' "${{COMPREPLY[0]}}"
"""
    done = subprocess.run(
        ["bash", "-c", capsys.readouterr().out + asked],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.splitlines(), done.stderr) == (["7f3a", next(iter(COMMANDS))], "")
