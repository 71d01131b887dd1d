"""Terminals for real: a pseudo-terminal, real programs, a gRPC server on loopback."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc
import grpc.aio
import psutil
import pytest

from server_node.terminal.rules import TerminalRules
from shared.pb import terminal_pb2
from tests.server_node.terminal.terminal_bench import Stream, a_bench, as_caller

ALL_BYTES = bytes(range(256))


async def test_what_is_typed_reaches_the_program_and_its_exit_code_comes_back() -> None:
    async with a_bench() as bench:
        stream = await bench.open('read word; echo "got <$word>"; exit 7')
        await stream.say("grüße\n".encode())
        end = await stream.to_end()
        assert "got <grüße>\r\n".encode() in stream.shown
        assert (end.exit_code, end.reason) == (7, "its program ended")
        assert "with exit code 7" in (await bench.until_closed())[0]


async def test_a_session_without_a_command_is_an_interactive_shell_that_ends_with_its_input() -> None:
    async with a_bench() as bench:
        stream = await bench.open()
        await stream.say(b"echo $((6*7))-$-\nexit 3\n")
        assert (await stream.to_end()).exit_code == 3
        assert b"42-" in stream.shown
        stream = await bench.open("cat")
        await stream.say(b"no line's end", is_eof=True)
        assert (await stream.to_end()).exit_code == 0


async def test_a_program_sees_its_size_and_each_change_of_it() -> None:
    async with a_bench() as bench:
        stream = await bench.open(
            "trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.02; done", rows=33, cols=101
        )
        await stream.until(b"33 101\r\n")
        resize = terminal_pb2.TerminalResize(session_id=stream.session_id, rows=50, cols=132)
        await bench.stub.ResizeTerminal(resize, metadata=as_caller("ann"))
        await stream.to_end()
        assert b"50 132\r\n" in stream.shown


async def test_every_byte_passes_both_ways_as_it_is() -> None:
    async with a_bench() as bench:
        stream = await bench.open(f"stty raw -echo; echo ready; head -c {256 * 300}")
        await stream.until(b"ready\n")
        stream.shown = b""
        await stream.say(ALL_BYTES * 300)
        assert (await stream.to_end()).exit_code == 0
        assert stream.shown == ALL_BYTES * 300


async def test_a_flood_waits_for_a_reader_who_is_slow_and_is_lost_nowhere() -> None:
    async with a_bench() as bench:
        size = 24_000_000
        stream = await bench.open(f"stty raw; head -c {size} /dev/zero")
        await stream.more()
        await asyncio.sleep(0.3)
        before = psutil.Process().memory_info().rss
        await asyncio.sleep(0.5)
        assert psutil.Process().memory_info().rss - before < 4_000_000
        (flood,) = [one for one in psutil.Process().children(recursive=True) if one.name() == "head"]
        assert flood.is_running()
        received, stream.shown = len(stream.shown), b""
        while await stream.more():
            received += len(stream.shown)
            stream.shown = b""
        assert received == size


async def test_a_flood_that_nobody_reads_ends_with_its_session() -> None:
    async with a_bench(TerminalRules(total_seconds=0.5)) as bench:
        stream = await bench.open("cat /dev/zero")
        assert "it lasted 0.5 seconds" in (await bench.until_closed())[0]
        assert not programs("cat")
        assert stream.call is not None


async def test_a_session_in_which_nothing_happens_ends() -> None:
    async with a_bench(TerminalRules(idle_seconds=0.4)) as bench:
        stream = await bench.open("for n in 1 2 3 4 5 6; do sleep 0.15; echo $n; done; sleep 60")
        end = await stream.to_end()
        assert b"6\r\n" in stream.shown
        assert end.reason == "nothing was typed or shown for 0.4 seconds"
        assert end.exit_code == 129


def programs(name: str) -> list[psutil.Process]:
    return [one for one in psutil.Process().children(recursive=True) if one.name() == name]


STUBBORN = """
import os, signal, time
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("stubborn", os.getpid(), flush=True)
        time.sleep(60)
    os._exit(0)
os.wait()
{then}
"""


async def a_stubborn_grandchild(bench: Any, then: str) -> tuple[Stream, psutil.Process]:
    """Return a session with a program's grandchild that ignores signals and fled into a session of its own."""
    program = STUBBORN.format(then=then)
    stream = await bench.open(f"{sys.executable} -ISc '{program}'")
    word = (await stream.until(b"\r\n")).split(b"stubborn ")[1].split()[0]
    return stream, psutil.Process(int(word))


async def test_a_grandchild_that_ignores_signals_ends_with_the_program() -> None:
    async with a_bench() as bench:
        stream, grandchild = await a_stubborn_grandchild(bench, "os._exit(5)")
        assert (await stream.to_end()).exit_code == 5
        assert not grandchild.is_running()


@pytest.mark.parametrize("how", ["closed", "cut", "stopped"])
async def test_everything_a_session_started_ends_with_it(how: str) -> None:
    others = psutil.Process().children()  # what earlier tests left, such as the forkserver of multiprocessing
    async with a_bench() as bench:
        stream, grandchild = await a_stubborn_grandchild(bench, "time.sleep(60)")
        match how:
            case "closed":
                request = terminal_pb2.CloseTerminalSessionRequest(session_id=stream.session_id)
                await bench.stub.CloseSession(request, metadata=as_caller("ann"))
                assert (await stream.to_end()).reason == "its caller closed it"
            case "cut":
                stream.call.cancel()
            case _:
                await bench.sessions.close()
        reason = (await bench.until_closed())[0]
        assert {"closed": "its caller closed it", "cut": "its stream was cut", "stopped": "the node stops"}[
            how
        ] in reason
        assert not grandchild.is_running()
        assert psutil.Process().children() == others


async def test_when_the_node_dies_nothing_of_its_sessions_stays() -> None:
    async with a_bench() as bench:
        _, grandchild = await a_stubborn_grandchild(bench, "time.sleep(60)")
        (session,) = bench.sessions._sessions.values()
        assert session._process.stdin is not None
        session._process.stdin.close()  # as the kernel does for a process that was killed
        await asyncio.to_thread(grandchild.wait, 5)


async def test_a_session_whose_stream_nobody_opens_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server_node.terminal.session.ATTACH_SECONDS", 0.1)
    async with a_bench() as bench:
        await bench.create("sleep 60")
        assert "nobody opened its stream" in (await bench.until_closed())[0]


async def test_a_program_has_a_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYXWIZ_NODE_SECRET", "hidden")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    async with a_bench() as bench:
        stream = await bench.open("env; tty; ls -l /proc/self/fd", terminal_type="vt100")
        await stream.to_end()
        names = {line.partition("=")[0] for line in stream.shown.decode().splitlines() if "=" in line}
        given = {"LANG", "LC_ALL", "TZ", "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM"}
        assert names <= given | {"PWD", "OLDPWD", "SHLVL", "_"}  # the shell's own
        assert b"TERM=vt100" in stream.shown
        assert b"/dev/pts/" in stream.shown
        assert b"hidden" not in stream.shown


async def test_a_node_that_is_confined_runs_its_own_command_and_no_other() -> None:
    async with a_bench(TerminalRules(command=("echo", "only this"))) as bench:
        with pytest.raises(grpc.aio.AioRpcError, match="ask for none") as refusal:
            await bench.create("sh")
        assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
        stream = await bench.open()
        await stream.to_end()
        assert stream.shown == b"only this\r\n"
        await bench.until_closed()
        assert [(action, token, result) for action, token, result, _ in bench.callers.records] == [
            ("terminal refused", "ann", "permission_denied"),
            ("terminal opened", "ann", "ok"),
            ("terminal closed", "ann", "ok"),
        ]


async def test_who_may_not_is_refused_and_a_strangers_session_is_not_found() -> None:
    async with a_bench() as bench:
        with pytest.raises(grpc.aio.AioRpcError, match="a viewer may not") as refusal:
            await bench.create(token="viewer")
        assert refusal.value.code() is grpc.StatusCode.PERMISSION_DENIED
        session_id = (await bench.create("sleep 60")).session_id
        stream = Stream(session_id, bench.stub.StreamTerminal(metadata=as_caller("bob")))
        resize = terminal_pb2.TerminalResize(session_id=session_id)
        close = terminal_pb2.CloseTerminalSessionRequest(session_id=session_id)
        for call in (
            lambda: bench.stub.ResizeTerminal(resize, metadata=as_caller("bob")),
            lambda: bench.stub.CloseSession(close, metadata=as_caller("bob")),
            lambda: read_of(stream),
        ):
            with pytest.raises(grpc.aio.AioRpcError, match=r"no session .* of yours") as refusal:
                await call()
            assert refusal.value.code() is grpc.StatusCode.NOT_FOUND


async def read_of(stream: Stream) -> None:
    async with asyncio.timeout(5):
        await stream.say()
        await stream.more()


async def test_no_more_sessions_than_may_be_and_none_that_nobody_writes_down() -> None:
    async with a_bench(TerminalRules(sessions=1)) as bench:
        bench.callers.is_away = True
        with pytest.raises(grpc.aio.AioRpcError, match="nobody answers") as refusal:
            await bench.create("sleep 60")
        assert refusal.value.code() is grpc.StatusCode.UNAVAILABLE
        bench.callers.is_away = False
        stream = await bench.open("sleep 60")
        with pytest.raises(grpc.aio.AioRpcError, match="1 terminals open, which is its limit") as refusal:
            await bench.create("sleep 60")
        assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        stream.call.cancel()
        await bench.until_closed()
        assert (await bench.create("true")).session_id


async def test_a_session_ends_when_its_callers_token_is_revoked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server_node.terminal.conversation.CHECK_SECONDS", 0.05)
    async with a_bench() as bench:
        stream = await bench.open("echo on; sleep 60")
        await stream.until(b"on")
        await asyncio.sleep(0.2)
        bench.callers.revoked.add("ann")
        assert (await stream.to_end()).reason == "its caller may have no terminal any more"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"rows": 0, "cols": 80}, "rows must be from 1 to 10000, got 0"),
        ({"rows": 24, "cols": 70_000}, "cols must be from 1 to 10000"),
        ({"terminal_type": "../x"}, "terminal_type must be a TERM"),
        ({"command": "x" * 5000}, "at most 4096 characters"),
        ({"deployment_id": "other"}, "no replica of 'other'"),
    ],
)
async def test_what_cannot_be_a_session_is_refused_in_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    async with a_bench() as bench:
        with pytest.raises(grpc.aio.AioRpcError, match=sentence):
            await bench.create(**fields)
        assert bench.callers.records[0][0] == "terminal refused"
        assert (await bench.create("true", deployment_id="d1")).deployment_id == "d1"


async def test_a_stream_of_nonsense_is_refused_and_its_session_ends() -> None:
    async with a_bench() as bench:
        first, second = await bench.open("sleep 60"), await bench.create("sleep 60")
        await first.call.write(terminal_pb2.TerminalData(session_id=second.session_id))
        with pytest.raises(grpc.aio.AioRpcError, match="a stream is of one session") as refusal:
            await first.to_end()
        assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        await bench.until_closed()
        other = Stream(second.session_id, bench.stub.StreamTerminal(metadata=as_caller("ann")))
        await other.say()
        third = Stream(second.session_id, bench.stub.StreamTerminal(metadata=as_caller("ann")))
        await asyncio.sleep(0.1)
        await third.say()
        with pytest.raises(grpc.aio.AioRpcError, match="has its stream already") as refusal:
            await third.more()
        assert refusal.value.code() is grpc.StatusCode.FAILED_PRECONDITION
