"""However an attempt ends, its training is closed once, before the device counts as free."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.node_messages import Outcome, StopMode
from tests.server_node.builders import a_key, an_offer
from tests.server_node.execution.bench import a_bench
from tests.server_node.execution.fake_engine import FakeEngine


@pytest.mark.parametrize("fails_at_step", [0, 2])
async def test_a_training_is_closed_when_it_succeeds_or_fails(tmp_path: Path, fails_at_step: int) -> None:
    engine = FakeEngine()
    engine.fails_at_step = fails_at_step
    async with a_bench(tmp_path, engine) as bench:
        bench.on_completion = lambda _: closed.append(engine.closed)
        closed: list[int] = []
        bench.executor.start(an_offer())
        await bench.end_of(a_key())
    assert closed == [1]


@pytest.mark.parametrize("mode", [StopMode.CANCEL, StopMode.CHECKPOINT])
async def test_a_training_is_closed_when_it_is_stopped(tmp_path: Path, mode: StopMode) -> None:
    engine = FakeEngine()
    engine.steps_total, engine.step_seconds = 10_000, 0.001
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer())
        await bench.until(lambda: engine.steps_done)
        bench.executor.cancel(a_key(), mode)
        await bench.end_of(a_key())
    assert engine.closed == 1


async def test_a_training_that_is_declined_is_closed(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.memory_bytes = 2**40
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer())
        ended = await bench.end_of(a_key())
    assert (ended.outcome, engine.closed) == (Outcome.DECLINED, 1)
