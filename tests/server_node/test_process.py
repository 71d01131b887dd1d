"""The node as a real process against a real gRPC server: ready, work, signals, sudden death, and a second one."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from shared.lifecycle import AttemptState
from shared.node_messages import (
    AttemptEnded,
    AttemptReport,
    HeldState,
    NodeChanged,
    OfferAttempt,
    Outcome,
    PlanAnswer,
    PlanRequest,
    StopAttempt,
    StopMode,
    Verdict,
)
from tests.server_node.builders import a_key, a_spec, an_offer
from tests.server_node.connection.scripted_server import ScriptedServer

LONG = a_spec(epochs=1_000_000)
Process = subprocess.Popen[bytes]


def begin(server: ScriptedServer, state_dir: Path, *flags: str) -> Process:
    """Start a node; not by the event loop, whose fork runs JAX's hooks, which warn.

    What it says goes into files: a pipe that nobody reads would fill up and hold the process.
    """
    command = [sys.executable, "-m", "server_node", "--server", server.address, "--state-dir", str(state_dir), *flags]
    with (state_dir / "stdout").open("wb") as says, (state_dir / "stderr").open("wb") as errors:
        return subprocess.Popen(command, stdout=says, stderr=errors, env=os.environ | {"JAX_PLATFORMS": "cpu"})


async def ready_line(process: Process, state_dir: Path) -> str:
    async with asyncio.timeout(60):
        while not (line := (state_dir / "stdout").read_text()).endswith("\n"):
            assert process.poll() is None
            await asyncio.sleep(0.02)
    return line


async def end(process: Process, number: signal.Signals) -> int:
    if process.poll() is None:
        process.send_signal(number)
    return await asyncio.to_thread(process.wait, 30)


@asynccontextmanager
async def a_node(server: ScriptedServer, state_dir: Path, *flags: str) -> AsyncIterator[Process]:
    process = begin(server, state_dir, *flags)
    try:
        await ready_line(process, state_dir)
        yield process
    finally:
        await end(process, signal.SIGKILL)


async def run_until_first_step(server: ScriptedServer, offer: OfferAttempt) -> None:
    server.say(offer)
    await server.until(lambda: server.first(AttemptReport, key=offer.key, state=AttemptState.RUNNING), timeout=60)


async def test_it_says_ready_when_welcome_and_able_and_stops_cleanly(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_node(server, tmp_path) as process:
        line = await ready_line(process, tmp_path)
        assert line == f"ready node={server.hellos[0].node_id} devices=cpu:0\n"
        assert not server.hellos[0].description.is_ready
        changed = await server.until(lambda: server.first(NodeChanged))
        assert changed.description.is_ready
        assert changed.description.capacity_bytes["cpu:0"] > 0
        assert await end(process, signal.SIGTERM) == 0


async def test_it_trains_plans_and_delivers(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_node(server, tmp_path):
        server.say(an_offer())
        server.say(PlanRequest("plan", a_spec()))
        ended = await server.until(lambda: server.first(AttemptEnded), timeout=60)
        assert ended.outcome is Outcome.SUCCEEDED
        assert {file.sha256 for file in ended.files} == set(server.artifacts)
        assert [row.row.epoch for batch in server.batches for row in batch.rows] == [1]
        assert (await server.until(lambda: server.first(PlanAnswer), timeout=60)).memory_bytes > 0
        lines = [line.text for batch in server.batches for line in batch.lines]
        assert "succeeded" in lines[-1]


@pytest.mark.slow
async def test_a_stop_saves_what_runs_and_another_process_goes_on(tmp_path: Path) -> None:
    async with ScriptedServer() as server:
        async with a_node(server, tmp_path) as process:
            await run_until_first_step(server, an_offer(spec=LONG))
            assert await end(process, signal.SIGTERM) == 0
        ended = server.first(AttemptEnded)
        assert ended.outcome is Outcome.PREEMPTED
        assert ended.checkpoint_step > 0
        async with a_node(server, tmp_path):
            assert server.hellos[1].node_id == server.hellos[0].node_id
            assert server.hellos[1].held == ()
            await run_until_first_step(server, an_offer(number=2, spec=LONG))
            report = server.first(AttemptReport, key=a_key(number=2), state=AttemptState.RUNNING)
            assert report.resumed_from_step == ended.checkpoint_step


async def test_a_killed_process_is_told_of_and_its_job_resumes_from_the_last_checkpoint(tmp_path: Path) -> None:
    async with ScriptedServer() as server:
        async with a_node(server, tmp_path, "--checkpoint-seconds", "0.1") as process:
            await run_until_first_step(server, an_offer(spec=LONG))
            checkpoint = tmp_path / "checkpoints" / "job" / "latest.safetensors"
            async with asyncio.timeout(20):
                while not checkpoint.exists():  # noqa: ASYNC110 - another process makes it
                    await asyncio.sleep(0.02)
            await end(process, signal.SIGKILL)
        server.verdict = Verdict.FORGET
        async with a_node(server, tmp_path):
            assert [item.state for item in server.hellos[1].held] == [HeldState.INTERRUPTED]
            await run_until_first_step(server, an_offer(number=2, spec=LONG))
            report = server.first(AttemptReport, key=a_key(number=2), state=AttemptState.RUNNING)
            assert report.resumed_from_step > 0


async def test_training_outlives_a_server_that_restarts_and_the_attempt_is_named(tmp_path: Path) -> None:
    server = await ScriptedServer().start()
    async with a_node(server, tmp_path):
        await run_until_first_step(server, an_offer(spec=LONG))
        await server.stop()
        server.heard.clear()
        async with server:
            await server.until(lambda: len(server.hellos) == 2)
            assert [(item.key, item.state) for item in server.hellos[1].held] == [(a_key(), HeldState.RUNNING)]
            server.say(StopAttempt(a_key(), StopMode.CANCEL, "user"))
            ended = await server.until(lambda: server.first(AttemptEnded))
            assert (ended.outcome, ended.step > 0) == (Outcome.CANCELLED, True)


async def test_an_attempt_that_cannot_be_renewed_stops_by_itself(tmp_path: Path) -> None:
    server = await ScriptedServer(lease_seconds=1.0, heartbeat_seconds=0.2).start()
    async with a_node(server, tmp_path):
        await run_until_first_step(server, an_offer(spec=LONG, lease_seconds=1.0))
        await server.stop()
        await asyncio.sleep(1.2)
        server.verdict = Verdict.STOP
        async with server:
            ended = await server.until(lambda: server.first(AttemptEnded))
            assert [item.state for item in server.hellos[1].held] == [HeldState.STOPPING]
            assert (ended.outcome, ended.checkpoint_step > 0) == (Outcome.PREEMPTED, True)


async def test_a_second_process_in_the_same_state_directory_is_refused(tmp_path: Path) -> None:
    async with ScriptedServer() as server, a_node(server, tmp_path):
        assert await asyncio.to_thread(begin(server, tmp_path).wait, 30) == 1
        errors = (tmp_path / "stderr").read_text()
        assert "another node process uses the state directory" in errors
        assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("flags", [["--slots", "0"], ["--server", "nowhere"], ["--unknown"]])
def test_wrong_usage_ends_with_2(tmp_path: Path, flags: list[str]) -> None:
    command = [sys.executable, "-m", "server_node", "--state-dir", str(tmp_path), *flags]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.returncode == 2
    assert done.stderr
