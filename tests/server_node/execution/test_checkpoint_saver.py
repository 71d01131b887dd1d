"""When an attempt is saved: by the clock, one write at a time, and never for more than a twentieth of the time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from server_node.checkpoint_files import generations
from server_node.execution.checkpoint_saver import CheckpointSaver
from shared.errors import MachineFailure


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def saver_of(tmp_path: Path, clock: Clock) -> CheckpointSaver:
    return CheckpointSaver(tmp_path / "job" / "latest", interval_seconds=10.0, clock=clock)


def snapshot_of(text: str) -> Callable[[], Callable[[Path], None]]:
    def write(path: Path) -> None:
        path.write_text(text)

    return lambda: write


def snapshot_taking(seconds: float, clock: Clock) -> Callable[[], Callable[[Path], None]]:
    def write(path: Path) -> None:
        clock.now += seconds
        path.write_text("saved")

    return lambda: write


def test_nothing_is_saved_before_it_is_due(tmp_path: Path) -> None:
    clock = Clock()
    saver = saver_of(tmp_path, clock)
    clock.now = 9.9
    saver.save_if_due(1, snapshot_taking(0, clock))
    saver.finish()
    assert saver.saved_step == 0


def test_the_wait_grows_with_what_a_write_takes(tmp_path: Path) -> None:
    clock = Clock()
    saver = saver_of(tmp_path, clock)
    clock.now = 10.0
    saver.save_if_due(1, snapshot_taking(2.0, clock))
    saver.finish()
    assert saver.saved_step == 1
    clock.now = 12.0 + 39.0
    saver.save_if_due(2, snapshot_taking(0, clock))
    saver.finish()
    assert saver.saved_step == 1
    clock.now = 12.0 + 41.0
    saver.save_if_due(3, snapshot_taking(0, clock))
    saver.finish()
    assert saver.saved_step == 3


def test_a_failed_snapshot_is_put_off(tmp_path: Path) -> None:
    def fail() -> Callable[[Path], None]:
        raise RuntimeError("no memory for a copy")

    clock = Clock()
    saver = saver_of(tmp_path, clock)
    clock.now = 10.0
    saver.save_if_due(1, fail)
    clock.now = 20.0
    saver.save_if_due(2, snapshot_taking(0, clock))
    saver.finish()
    assert saver.saved_step == 2


def test_saving_now_says_why_it_cannot(tmp_path: Path) -> None:
    def fail() -> Callable[[Path], None]:
        def write(_: Path) -> None:
            raise OSError("disk full")

        return write

    with pytest.raises(MachineFailure, match="disk full"):
        saver_of(tmp_path, Clock()).save_now(1, fail)


def test_saving_now_says_why_nothing_could_be_copied_and_leaves_the_one_before(tmp_path: Path) -> None:
    def fail() -> Callable[[Path], None]:
        raise MemoryError("no room for a copy")

    saver = saver_of(tmp_path, Clock())
    saver.save_now(3, snapshot_of("three"))
    with pytest.raises(MachineFailure, match="no room for a copy"):
        saver.save_now(4, fail)
    assert (saver.saved_step, (tmp_path / "job" / "latest").read_text()) == (3, "three")


def test_two_generations_stay_beside_each_other(tmp_path: Path) -> None:
    saver = saver_of(tmp_path, Clock())
    for step in (1, 2, 3):
        saver.save_now(step, snapshot_of(str(step)))
    assert [path.read_text() for path in generations(tmp_path / "job" / "latest")] == ["3", "2"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        path.write_text("half")
        raise OSError("disk full")

    saver = saver_of(tmp_path, Clock())
    saver.save_now(1, snapshot_of("one"))
    with pytest.raises(MachineFailure):
        saver.save_now(2, lambda: write)
    assert [path.name for path in (tmp_path / "job").iterdir()] == ["latest"]


def test_a_write_that_outlasts_the_attempt_touches_nothing_any_more(tmp_path: Path) -> None:
    clock, goes_on = Clock(), threading.Event()

    def write(path: Path) -> None:
        goes_on.wait(20)
        path.write_text("late")

    saver = CheckpointSaver(tmp_path / "latest", interval_seconds=10.0, clock=clock, write_deadline_seconds=0.01)
    clock.now = 10.0
    saver.save_if_due(1, lambda: write)
    saver.finish()
    goes_on.set()
    for thread in threading.enumerate():
        if thread.name == "checkpoint":
            thread.join(20)
    assert (saver.saved_step, list(tmp_path.iterdir())) == (0, [])
