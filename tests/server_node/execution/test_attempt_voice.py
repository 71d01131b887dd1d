"""What an attempt's thread lets through, by a clock moved by hand."""

from __future__ import annotations

from server_node.execution.attempt_voice import AttemptVoice
from server_node.execution.progress_mailbox import Progress
from server_node.telemetry_records import LogLine
from tests.server_node.builders import a_key
from tests.server_node.execution.fake_engine import FakeRow

EPOCHS = 100


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 10.0
        self.wall_clock_step_ms = 0

    def monotonic_seconds(self) -> float:
        return self.seconds

    def unix_ms(self) -> int:
        return round(self.seconds * 1000) + self.wall_clock_step_ms


def _epochs_logged(*, seconds_each: float, wall_clock_step_ms: int = 0) -> list[str]:
    said: list[Progress] = []
    clock = HandClock()
    voice = AttemptVoice(a_key(), said.append, clock, live_seconds=1.0)
    for epoch in range(1, EPOCHS + 1):
        voice.epoch(FakeRow(step=epoch, epoch=epoch, kind="epoch", values={"loss": 0.5}), EPOCHS)
        clock.seconds += seconds_each
        clock.wall_clock_step_ms += wall_clock_step_ms * (-1) ** epoch
    return [line.text.split(",")[0] for line in said if isinstance(line, LogLine)]


def test_long_epochs_are_all_logged() -> None:
    assert len(_epochs_logged(seconds_each=2.0)) == EPOCHS


def test_a_wall_clock_that_jumps_a_day_changes_nothing_of_it() -> None:
    day_ms = 24 * 3600 * 1000
    assert _epochs_logged(seconds_each=0.0625, wall_clock_step_ms=day_ms) == _epochs_logged(seconds_each=0.0625)


def test_short_epochs_are_logged_once_a_second_and_the_last_always() -> None:
    lines = _epochs_logged(seconds_each=0.0625)
    assert lines[:2] == ["epoch 1 of 100", "epoch 17 of 100"]
    assert lines[-1] == "epoch 100 of 100"
    assert len(lines) == 8
