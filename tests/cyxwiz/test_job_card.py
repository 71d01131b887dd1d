"""What a notebook shows of a job: its state and curves, with nothing of the job taken for HTML."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import AsyncIterator, Iterable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from cyxwiz.job_card import MOST_POINTS, job_card
from cyxwiz.metrics import Metrics
from cyxwiz.records import JobInfo, MetricRow
from cyxwiz.showing import show_updates
from shared.clock import SystemClock
from shared.lifecycle import JobState


def a_job_info(**fields: Any) -> JobInfo:
    nothing: dict[str, Any] = {field.name: None for field in dataclasses.fields(JobInfo)}
    known = {"job_id": "j1", "name": "", "state": JobState.RUNNING, "reason": "", "waiting_reason": "", "node_id": ""}
    return JobInfo(**nothing | known | {"step": 0, "steps_total": 0, "progress": 0.0, "metrics": {}} | fields)


def rows(values: Iterable[float], name: str = "loss") -> Metrics:
    return Metrics(MetricRow(step, 1, 0, {name: value}) for step, value in enumerate(values, 1))


def test_a_card_draws_training_and_validation_in_one_picture() -> None:
    history = Metrics([MetricRow(1, 1, 0, {"loss": 2.0, "val_loss": 3.0}), MetricRow(2, 1, 0, {"loss": 1.0})])

    card = job_card(a_job_info(), history)

    assert card.count("<svg") == 1
    assert card.count("<polyline") == 2
    assert "loss 1" in card


def test_nothing_of_a_job_is_taken_for_html() -> None:
    card = job_card(a_job_info(name="<script>alert(1)</script>", reason='"><img src=x>'), Metrics())

    assert "<script" not in card
    assert "<img" not in card


def test_a_diverged_loss_is_left_out_of_the_picture() -> None:
    card = job_card(a_job_info(), rows([1.0, math.nan, math.inf, 0.5]))

    assert "nan" not in card
    assert "inf" not in card


def test_a_long_history_makes_no_long_card() -> None:
    card = job_card(a_job_info(), rows(range(100_000)))

    assert card.count(",") < 3 * MOST_POINTS


async def updates(*infos: JobInfo) -> AsyncIterator[JobInfo]:
    for info in infos:
        yield info


async def no_rows() -> Metrics:
    return Metrics()


async def test_outside_of_a_notebook_a_job_is_shown_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    running = a_job_info(state=JobState.RUNNING, step=3, steps_total=9, metrics={"loss": 0.25})
    ended = a_job_info(state=JobState.SUCCEEDED, step=9, steps_total=9)

    last = await show_updates(updates(running, running, ended), no_rows, SystemClock())

    assert last == ended
    assert capsys.readouterr().out == "running step 3 of 9 loss 0.25\nsucceeded step 9 of 9\n"


async def test_in_a_notebook_one_card_changes_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    handle = SimpleNamespace(update=shown.append)
    display = SimpleNamespace(HTML=str, display=lambda _html, *, display_id: handle if display_id else None)
    ipython = ModuleType("IPython")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())  # type: ignore[attr-defined]  # a module made here
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)

    await show_updates(updates(a_job_info(), a_job_info(state=JobState.SUCCEEDED)), no_rows, SystemClock())

    assert len(shown) == 2
    assert "succeeded" in shown[-1]


async def test_lines_about_a_job_tell_a_terminal_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = a_job_info(state=JobState.QUEUED, waiting_reason="node \x1b]0;title\x07\x9b2J is full")

    await show_updates(updates(waiting), no_rows, SystemClock())

    assert capsys.readouterr().out == "queued node \\x1b]0;title\\x07\\x9b2J is full\n"
