"""What TensorBoard's own reader makes of our event files."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from central_server.trackers import tensorboard as tensorboard_module
from central_server.trackers.tensorboard import TensorBoardTracker
from central_server.trackers.tracker import TrackerAway
from shared.lifecycle import JobState
from tests.central_server.trackers.tracked_store import START_MS, Story

# TensorBoard's own reader uses what its protobuf calls old.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "boards"
    folder.mkdir()
    return folder


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def read(run: Path) -> Any:
    reader = EventAccumulator(str(run))
    reader.Reload()
    return reader


def points(run: Path, tag: str = "loss") -> list[tuple[int, float]]:
    return [(event.step, round(event.value, 4)) for event in read(run).Scalars(tag)]


def a_tracker(folder: Path, story: Story) -> TensorBoardTracker:
    return TensorBoardTracker(folder, story.clock)


async def test_a_jobs_curve_its_settings_and_its_end_are_there(folder: Path, story: Story) -> None:
    await story.run_job(spec={"name": "digits / MLP", "labels": {"team": "vision"}})
    await story.add_rows(1, 2, loss=0.5)
    async with story.feeding(a_tracker(folder, story)) as feeding:
        await feeding.tell()
        await story.end()
        await feeding.tell()
    run = folder / "digits-MLP-job"
    assert names_in(folder) == [run.name]
    reader = read(run)
    assert [(event.step, event.value, event.wall_time) for event in reader.Scalars("loss")] == [
        (1, 0.5, (START_MS + 1) / 1000),
        (2, 0.5, (START_MS + 2) / 1000),
    ]
    assert points(run, "final/test_accuracy") == [(10, 0.75)]
    assert points(run, "final/duration_seconds") == [(10, 60.0)]
    said = {tag: _text_of(reader, f"{tag}/text_summary") for tag in ("job", "outcome")}
    assert "| learning\\_rate | 0.001 |" in said["job"]
    assert "| label.team | vision |" in said["job"]
    assert "| state | succeeded |" in said["outcome"]


async def test_the_table_of_hyperparameters_knows_the_job(folder: Path, story: Story) -> None:
    await story.run_job(spec={"batch_size": 64})
    await story.add_rows(1)
    async with story.feeding(a_tracker(folder, story)) as feeding:
        await feeding.tell()
        await story.end(state=JobState.FAILED)
        await feeding.tell()
    contents = read(folder / "job").summary_metadata
    start = _hparams(contents["_hparams_/session_start_info"]).session_start_info
    assert start.hparams["batch_size"].number_value == 64
    assert start.hparams["optimizer"].string_value == "adam"
    assert _hparams(contents["_hparams_/session_end_info"]).session_end_info.status == 2, "STATUS_FAILURE"


async def test_an_attempt_that_is_run_again_takes_the_place_of_the_one_before(folder: Path, story: Story) -> None:
    await story.run_job()
    await story.add_rows(1, 2, 3, 4, loss=0.5)
    async with story.feeding(a_tracker(folder, story)) as feeding:
        await feeding.tell()
        await story.begin_again()
        await story.add_rows(1, 2, 3, loss=0.25)
        await feeding.tell()
        assert points(folder / "job") == [(1, 0.25), (2, 0.25), (3, 0.25)]
        await story.add_rows(4, 5, loss=0.25)
        await feeding.tell()
    assert points(folder / "job") == [(step, 0.25) for step in range(1, 6)]


async def test_what_an_earlier_attempt_left_behind_the_last_one_stays(folder: Path, story: Story) -> None:
    await story.run_job()
    await story.add_rows(1, 2, 3, loss=0.5)
    async with story.feeding(a_tracker(folder, story)) as feeding:
        await feeding.tell()
        await story.begin_again()
        await story.add_rows(1, loss=0.25)
        await feeding.tell()
        await story.end(state=JobState.FAILED)
        await feeding.tell()
    assert points(folder / "job") == [(1, 0.25), (2, 0.5), (3, 0.5)], "as the store has it"


async def test_a_restart_repeats_nothing_also_when_it_forgot_how_far_it_was(folder: Path, story: Story) -> None:
    await story.run_job()
    await story.add_rows(1, 2)
    async with story.feeding(a_tracker(folder, story)) as feeding:
        await feeding.tell()
    place = folder / "job" / "cyxwiz.json"
    assert json.loads(place.read_text())["step"] == 2
    for is_forgotten in (False, True):
        if is_forgotten:
            place.unlink()
        story.clock.now_ms += 1
        await story.add_rows(3, 4)
        async with story.feeding(a_tracker(folder, story)) as feeding:
            await feeding.tell()
        assert points(folder / "job") == [(1, 0.5), (2, 0.5), (3, 0.5), (4, 0.5)]


async def test_an_end_that_is_told_twice_stands_there_once(folder: Path, story: Story) -> None:
    tracker = a_tracker(folder, story)
    await story.run_job()
    await story.add_rows(10)
    async with story.feeding(tracker) as feeding:
        await story.end()
        await feeding.tell()
        await feeding.feed._open.note(["job"], feeding.feed._open.seen_to)
        await feeding.tell()
    assert points(folder / "job", "final/duration_seconds") == [(11, 60.0)]
    assert points(folder / "job") == [(10, 0.5)]


async def test_deleting_a_job_leaves_its_files_alone_and_another_under_its_id_gets_its_own(
    folder: Path, story: Story
) -> None:
    await story.run_job()
    await story.add_rows(1)
    async with story.feeding(a_tracker(folder, story)) as feeding:
        await feeding.tell()
        await story.delete()
        await feeding.tell()
        story.clock.now_ms += 7
        await story.run_job()
        await story.add_rows(5)
        await feeding.tell()
    assert points(folder / "job") == [(1, 0.5)]
    assert points(folder / f"job-{START_MS + 7}") == [(5, 0.5)]


async def test_no_name_leads_out_of_the_folder(folder: Path, story: Story) -> None:
    await story.run_job("job", spec={"name": "../../etc/passwd"})
    await story.add_rows(1)
    async with story.feeding(a_tracker(folder, story)) as feeding:
        await feeding.tell()
    assert names_in(folder) == ["etc-passwd-job"]


async def test_many_jobs_need_few_open_files(folder: Path, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorboard_module, "MOST_OPEN_FILES", 2)
    names = [f"job{number}" for number in range(5)]
    for name in names:
        await story.run_job(name)
    tracker = a_tracker(folder, story)
    async with story.feeding(tracker) as feeding:
        for step in (1, 2):
            for name in names:
                await story.add_rows(step, job_id=name)
            story.clock.now_ms += 1_000
            await feeding.tell()
            assert len([run for run in tracker._runs.values() if run.writer]) == 2
    assert [points(folder / name) for name in names] == [[(1, 0.5), (2, 0.5)]] * 5


async def test_a_number_that_is_none_is_kept(folder: Path, story: Story) -> None:
    await story.run_job()
    await story.add_rows(1, loss=float("nan"))
    async with story.feeding(a_tracker(folder, story)) as feeding:
        await feeding.tell()
    ((_, value),) = points(folder / "job")
    assert math.isnan(value)


async def test_a_folder_that_cannot_be_written_is_tried_again(folder: Path, story: Story) -> None:
    os.rmdir(folder)  # noqa: PTH106 - at once, in the event loop
    await story.run_job()
    async with story.feeding(a_tracker(folder, story)) as feeding:
        with pytest.raises(TrackerAway):
            await feeding.tell()


def _text_of(reader: Any, tag: str) -> str:
    (event,) = reader.Tensors(tag)
    text: str = event.tensor_proto.string_val[0].decode()
    return text


def _hparams(metadata: Any) -> Any:
    return plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
