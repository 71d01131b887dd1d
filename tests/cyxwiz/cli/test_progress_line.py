"""The line under the bar: it never leaves the terminal's width, and loses the least important first."""

from __future__ import annotations

import pytest

from cyxwiz.cli.progress_line import progress_line
from cyxwiz.records import JobInfo
from cyxwiz.records_from_wire import job_info_from_wire
from tests.cyxwiz.scripted_server import a_job


def a_running_job() -> JobInfo:
    job = a_job(state="running", step=1200, steps_total=13800, current_epoch=52, epochs=600, progress=0.087)
    scores = {"loss": 0.25, "accuracy": 0.9, "val_loss": 0.3, "val_accuracy": 0.8}
    job.status.metrics.update({**scores, "samples_per_second": 12000, "elapsed_ms": 16_300})
    return job_info_from_wire(job)


def test_a_wide_terminal_shows_everything() -> None:
    assert progress_line(a_running_job(), width=200) == (
        "epoch 52/600 step 1200/13800  loss 0.2500  accuracy 0.9000  val_loss 0.3000  val_accuracy 0.8000"
        "  12,000/s  2 min 51 s left"
    )


def test_80_columns_keep_what_matters_most() -> None:
    assert progress_line(a_running_job(), width=80) == (
        "epoch 52/600 step 1200/13800  loss 0.2500  accuracy 0.9000  2 min 51 s left"
    )


@pytest.mark.parametrize("width", range(10, 140))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    line = progress_line(a_running_job(), width=width)
    assert len(line) <= width
    assert line.startswith("epoch 52/6"[:width])


def test_why_a_job_waits_is_said_whole() -> None:
    info = job_info_from_wire(a_job(waiting_reason="no node is connected"))
    assert progress_line(info, width=12) == "no node is connected"
