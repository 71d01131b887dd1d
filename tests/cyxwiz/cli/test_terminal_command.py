"""`cyxwiz terminal` as a process in a real terminal, at a real terminal service: a terminal within a terminal."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest

from cyxwiz.cli.exit_codes import ExitCode
from server_node.terminal.rules import TerminalRules
from shared.pb import node_pb2, terminal_pb2
from tests.cyxwiz.scripted_server import Script
from tests.server_node.terminal.terminal_bench import Bench, a_bench, as_caller

SETTINGS = "stty -a | tr ';' '\\n' | grep -E 'icanon|echo|isig' | md5sum"
"""What raw mode changes, in one word."""


@pytest.fixture
async def bench(script: Script) -> AsyncIterator[Bench]:
    async with a_bench(TerminalRules(sessions=8)) as bench:
        script.nodes = [
            node_pb2.NodeInfo(node_id="node-1", name="one", is_online=True, terminal_address=bench.address),
            node_pb2.NodeInfo(node_id="node-2", name="two", is_online=True),
        ]
        yield bench


def the_command(server: str, *arguments: str, token: str = "ann") -> str:
    words = [sys.executable, "-m", "cyxwiz", "terminal", *arguments]
    return f"CYXWIZ_TOKEN={token} CYXWIZ_SERVER={server} {shlex.join(words)}"


async def in_a_pipe(server: str, *arguments: str, typed: bytes = b"", token: str = "ann") -> tuple[int, bytes, str]:
    def run() -> subprocess.CompletedProcess[bytes]:
        command = the_command(server, *arguments, token=token)
        return subprocess.run(command, shell=True, input=typed, capture_output=True, timeout=20, check=False)

    ended = await asyncio.to_thread(run)  # uvloop breaks where a process ends before it is given what was typed
    return ended.returncode, ended.stdout, ended.stderr.decode()


async def test_a_terminal_is_raw_follows_its_size_and_is_itself_again_afterwards(bench: Bench, server: str) -> None:
    inner = "read word; stty size; stty raw -echo; echo ready; head -c 4 | od -An -tx1; trap 'stty size; exit 9' WINCH"
    inner = the_command(server, "one", "--command", f"{inner}; echo trapped; while :; do sleep 0.02; done")
    outer = await bench.open(f"{SETTINGS}; {inner}; echo code $?; {SETTINGS}", rows=31, cols=99)
    await outer.until(b"leaves\r\n")
    await outer.say("grüße\r".encode())
    await outer.until(b"31 99")
    await outer.until(b"ready")
    await outer.say(b"\x03\x1a\x11\xff")
    await outer.until(b"03 1a 11 ff")
    await outer.until(b"trapped")
    resize = terminal_pb2.TerminalResize(session_id=outer.session_id, rows=40, cols=120)
    await bench.stub.ResizeTerminal(resize, metadata=as_caller("ann"))
    assert (await outer.to_end()).exit_code == 0
    assert b"40 120" in outer.shown
    assert b"code 9\r\n" in outer.shown
    before, after = [line for line in outer.shown.splitlines() if line.endswith(b"  -")]
    assert before == after


@pytest.mark.parametrize("how", ["keys", "signal", "closed"])
async def test_a_terminal_is_itself_again_however_it_is_left(bench: Bench, server: str, how: str) -> None:
    inner = the_command(server, "one", "--command", "echo there; sleep 60")
    outer = await bench.open(
        f"{SETTINGS}; sh -c {shlex.quote(f'echo pid $$; exec env {inner}')}; echo code $?; {SETTINGS}"
    )
    await outer.until(b"there\r\n")
    (session,) = [one for one in bench.sessions._sessions.values() if one.session_id != outer.session_id]
    match how:
        case "keys":
            await outer.say(b"\x1d\x1d\x1d")
        case "signal":
            os.kill(int(outer.shown.split(b"pid ")[1].split()[0]), signal.SIGTERM)
        case _:
            session.end("it rains")
    await outer.to_end()
    before, after = [line for line in outer.shown.splitlines() if line.endswith(b"  -")]
    assert before == after
    code = ExitCode.INTERRUPTED if how != "closed" else 129
    assert f"code {code:d}\r\n".encode() in outer.shown
    assert (b"the terminal on one has ended: it rains" in outer.shown) is (how == "closed")
    async with asyncio.timeout(5):
        await session.over.wait()


async def test_what_is_piped_in_is_typed_and_the_exit_code_is_the_programs(bench: Bench, server: str) -> None:
    code, shown, said = await in_a_pipe(server, "node-1", "--command", "cat; exit 5", typed="für\n".encode())
    assert (code, shown, said) == (5, "für\r\n".encode(), "")


async def test_a_terminal_that_cannot_be_is_refused_in_a_sentence(bench: Bench, server: str, script: Script) -> None:
    script.nodes.append(node_pb2.NodeInfo(node_id="gone", is_online=True, terminal_address="127.0.0.1:1"))
    script.nodes.append(node_pb2.NodeInfo(node_id="off"))
    answers = await asyncio.gather(
        in_a_pipe(server, "two"),
        in_a_pipe(server, "off"),
        in_a_pipe(server, "one", token="viewer"),
        in_a_pipe(server, "three"),
        in_a_pipe(server, "gone"),
    )
    assert [(code, said.count("\n")) for code, _, said in answers] == [
        (ExitCode.BAD_INPUT, 1),
        (ExitCode.BAD_INPUT, 1),
        (ExitCode.NOT_ALLOWED, 1),
        (ExitCode.NOT_FOUND, 1),
        (ExitCode.UNREACHABLE, 1),
    ]
    assert "offers no terminals: start it with --terminal" in answers[0][2]
    assert "node gone does not answer at 127.0.0.1:1" in answers[4][2]
