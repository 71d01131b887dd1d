"""When an attempt is saved: by the clock, one write at a time, and never for more than a twentieth of the time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from server_node.execution.checkpoint_saver import CheckpointSaver
from shared.errors import MachineFailure


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def saver_of(tmp_path: Path, clock: Clock) -> CheckpointSaver:
    return CheckpointSaver(tmp_path / "job" / "latest", interval_seconds=10.0, clock=clock)


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
