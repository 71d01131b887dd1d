"""The executor with the real engine: a tiny job trains, is cancelled, resumes to the same bits, is refused."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from server_node.execution.jax_engine import JaxEngine, node_fingerprint, seen_devices
from server_node.telemetry_records import HistoryRow, LogLine
from server_node.training.api import DatasetCache, ProgramCache, TrainingEnvironment, no_artifacts
from shared.node_messages import Outcome, PlanRequest, StopMode
from tests.server_node.builders import MIB, a_key, a_spec, an_offer
from tests.server_node.execution.bench import a_bench

LONG = a_spec(epochs=100_000)


@pytest.fixture(scope="module")
def engine() -> JaxEngine:
    environment = TrainingEnvironment(ProgramCache(), DatasetCache(), (), no_artifacts)
    return JaxEngine(environment, chunk_seconds=0.02)


async def test_a_tiny_job_trains_and_its_files_have_their_hashes(tmp_path: Path, engine: JaxEngine) -> None:
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer(spec=a_spec(epochs=2)))
        ended = await bench.end_of(a_key())
    assert (ended.outcome, ended.epoch, ended.step) == (Outcome.SUCCEEDED, 2, ended.steps_total)
    assert {file.name for file in ended.files} == {"model.safetensors", "model.json", "metrics.json"}
    for file in ended.files:
        content = (bench.folders.result(a_key()) / file.name).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.size_bytes)
    lines = [item.text for item in bench.told if isinstance(item, LogLine)]
    assert any("1438 training" in text for text in lines)
    assert any("compiled and loaded in" in text for text in lines)
    assert any("epoch 2 of 2" in text for text in lines)


async def test_a_cancelled_job_runs_no_step_once_its_device_is_free(tmp_path: Path, engine: JaxEngine) -> None:
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer(spec=LONG))
        await bench.until(lambda: any(isinstance(item, HistoryRow) for item in bench.told))
        bench.executor.cancel(a_key(), StopMode.CANCEL)
        ended = await bench.end_of(a_key())
        told = len(bench.told)
        await asyncio.sleep(0.1)
    assert ended.outcome is Outcome.CANCELLED
    assert len(bench.told) == told


async def test_an_interrupted_job_ends_with_the_bits_of_an_uninterrupted_one(tmp_path: Path, engine: JaxEngine) -> None:
    spec = a_spec(epochs=400)
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer("whole", spec=spec))
        whole = await bench.end_of(a_key("whole"))
        bench.executor.start(an_offer("cut", spec=spec))
        await bench.until(lambda: any(isinstance(i, HistoryRow) and i.key == a_key("cut") for i in bench.told))
        bench.executor.cancel(a_key("cut"), StopMode.CHECKPOINT)
        first = await bench.end_of(a_key("cut"))
        assert 0 < first.checkpoint_step < whole.steps_total
        bench.executor.start(an_offer("cut", 2, spec=spec))
        second = await bench.end_of(a_key("cut", 2))
    assert second.files[0] == whole.files[0]
    assert any("resumed from step" in item.text for item in bench.told if isinstance(item, LogLine))


async def test_bad_data_fails_the_attempt_with_its_code(tmp_path: Path, engine: JaxEngine) -> None:
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer(spec=a_spec(dataset=f"file://{tmp_path}/missing.npz")))
        ended = await bench.end_of(a_key())
    assert ended.outcome is Outcome.FAILED
    assert ended.error_code != "internal"
    assert "missing.npz" in ended.message


async def test_a_device_that_jax_does_not_see_is_named(tmp_path: Path, engine: JaxEngine) -> None:
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.start(an_offer(device_ids=("cpu:9",)))
        ended = await bench.end_of(a_key())
    assert (ended.outcome, ended.error_code) == (Outcome.FAILED, "not_found")


async def test_a_plan_says_what_a_job_needs_or_why_it_cannot_run(tmp_path: Path, engine: JaxEngine) -> None:
    async with a_bench(tmp_path, engine) as bench:
        bench.executor.plan(PlanRequest("good", a_spec()))
        bench.executor.plan(PlanRequest("bad", a_spec(batch_size=100_000)))
        await bench.until(lambda: len(bench.plans) == 2)
    good, bad = bench.plans
    assert 0 < good.memory_bytes < 100 * MIB
    assert good.flops_per_step > 0
    assert bad.error_code
    assert "batch" in bad.message


def test_the_cpu_is_seen_and_fingerprinted() -> None:
    assert [device.device_id for device in seen_devices()] == ["cpu:0"]
    assert node_fingerprint() == node_fingerprint()
