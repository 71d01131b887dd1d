"""Children are kept running, stopped in order, and never outlive their parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cyxwiz.local_cluster import child_process
from cyxwiz.local_cluster.supervised_child import ChildFailed, SupervisedChild, how_it_ended

CHILD = "tests.cyxwiz.local_cluster.a_child"


def pids(tmp_path: Path) -> list[int]:
    path = tmp_path / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # another process is waited for, which sets no event
            await asyncio.sleep(0.02)


def a_child(tmp_path: Path, says: str, does: str, said: list[str]) -> SupervisedChild:
    command = [CHILD, says, does, str(tmp_path / "pids")]
    return SupervisedChild("node-1", lambda: command, log_path=tmp_path / "node-1.log", say=said.append)


async def test_a_killed_child_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    child = a_child(tmp_path, "ready", "stay", said)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(child.run())
        assert (await child.first_ready)["grpc"] == "127.0.0.1:1"
        os.kill(pids(tmp_path)[0], signal.SIGKILL)
        await until(lambda: "is ready again" in " ".join(said))
        task.cancel()
    assert said[0].startswith("node-1 was killed by SIGKILL; starting it again in ")
    assert len(pids(tmp_path)) == 2
    assert not any(is_alive(pid) for pid in pids(tmp_path))


async def test_a_child_that_never_gets_ready_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(ChildFailed, match=r"node-1 did not start: the disk is full \(its log: .*node-1\.log\)"):
        await a_child(tmp_path, "mute", "die", []).run()
    assert len(pids(tmp_path)) == 1


async def test_a_child_that_will_not_stop_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "_STOP_SECONDS", 0.2)
    child = a_child(tmp_path, "ready", "stubborn", [])
    async with asyncio.TaskGroup() as group:
        task = group.create_task(child.run())
        await child.first_ready
        task.cancel()
    assert not is_alive(pids(tmp_path)[0])


def test_a_child_dies_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib\n"
        "from cyxwiz.local_cluster.child_process import ChildProcess\n"
        "async def main():\n"
        f"    command = [{CHILD!r}, 'ready', 'stubborn', {str(tmp_path / 'pids')!r}]\n"
        f"    child = await ChildProcess.start(command, pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "    await child.ready()\n"
        "    print('up', flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        (pid,) = pids(tmp_path)
        assert is_alive(pid)
        parent.kill()
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)


def test_how_a_process_ended_is_said_in_words() -> None:
    assert how_it_ended(3) == "ended with exit code 3"
    assert how_it_ended(-9) == "was killed by SIGKILL"
    assert how_it_ended(-64) == "was killed by SIGRTMAX"
    assert how_it_ended(-99) == "was killed by signal 99"
