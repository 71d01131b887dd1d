"""Following every job at once: what a round has found, and what is shown of it."""

from __future__ import annotations

import json

import pytest

from cyxwiz.cli import following_all
from cyxwiz.cli.following_all import follow_all, last_sentence
from cyxwiz.cli.job_board import BOARD_HEADER, bar_in_words, board_row, in_board_order
from cyxwiz.cli.live_jobs import Round, rounds
from cyxwiz.errors import ServerUnreachable
from cyxwiz.records import JobInfo
from cyxwiz.records_from_wire import job_info_from_wire
from shared.errors import NotFound
from tests.cyxwiz.scripted_server import a_job


def info(job_id: str, state: str = "running", **status: object) -> JobInfo:
    return job_info_from_wire(a_job(job_id, state=state, **status))


class ScriptedClient:
    """A client whose server has, one moment after the other, these jobs; None is a moment when it is away."""

    def __init__(self, *moments: list[JobInfo] | None) -> None:
        self._moments = list(moments)
        self._now: list[JobInfo] = []

    async def jobs(self, *, state: str, limit: int) -> list[JobInfo]:
        if state == "queued":
            now = self._moments.pop(0)
            if now is None:
                raise ServerUnreachable("away")
            self._now = now
        return [one for one in self._now if one.state == state]

    def job(self, job_id: str) -> ScriptedJob:
        return ScriptedJob(next((one for one in self._now if one.job_id == job_id), None))


class ScriptedJob:
    def __init__(self, found: JobInfo | None) -> None:
        self._found = found

    async def status(self) -> JobInfo:
        if self._found is None:
            raise NotFound("no such job")
        return self._found


async def rounds_of(client: ScriptedClient, said: list[str]) -> list[Round]:
    away, back = (lambda: said.append("away")), (lambda: said.append("back"))
    return [one async for one in rounds(client, every_seconds=0, on_away=away, on_back=back)]  # type: ignore[arg-type]  # it stands for one


async def test_a_round_tells_what_is_new_and_what_has_ended_and_the_last_comes_when_nothing_is_left() -> None:
    found = await rounds_of(
        ScriptedClient(
            [info("a"), info("b", "queued")],
            [info("a"), info("b", "running", step=3)],
            [info("a", "succeeded"), info("b", "running", step=3), info("c", "queued")],
            [info("a", "succeeded"), info("b", "failed"), info("c", "paused")],
        ),
        [],
    )
    changed = [[(one.job_id, str(one.state)) for one in each.changed] for each in found]
    assert [sorted(each) for each in changed] == [
        [("a", "running"), ("b", "queued")],
        [("b", "running")],
        [("a", "succeeded"), ("c", "queued")],
        [("b", "failed"), ("c", "paused")],
    ]
    assert [len(each.live) for each in found] == [2, 2, 2, 0]


async def test_a_job_that_is_deleted_meanwhile_is_followed_no_more() -> None:
    found = await rounds_of(ScriptedClient([info("a"), info("b")], [info("b")], [info("b", "succeeded")]), [])
    assert [one.job_id for one in found[1].changed] == []
    assert [one.job_id for one in found[2].changed] == ["b"]


async def test_a_server_that_is_away_for_a_while_is_said_once() -> None:
    said: list[str] = []
    assert len(await rounds_of(ScriptedClient([info("a")], None, None, [info("a", "succeeded")]), said)) == 2
    assert said == ["away", "back"]


async def test_a_server_that_never_answered_is_an_error() -> None:
    with pytest.raises(ServerUnreachable):
        await rounds_of(ScriptedClient(None), [])


async def test_a_pipe_gets_a_line_for_each_change_and_a_failure_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_all, "_EVERY_SECONDS", 0)
    failed = a_job("a", state="failed")
    failed.status.error.reason, failed.status.error.message = "bad_data", "NaN in row 3"
    running = info("b", step=5, steps_total=10, current_epoch=1, epochs=2)
    client = ScriptedClient(
        [info("a"), info("b", "queued", name="digits")],
        [job_info_from_wire(failed), running],
        [running],
        [info("b", "succeeded")],
    )
    ended = await follow_all(client, as_json=False)  # type: ignore[arg-type]  # it stands for one
    out, err = capsys.readouterr()
    assert sorted(out.splitlines()) == sorted(
        ["a  running", "b  digits  queued", "a  failed", "b  running  epoch 1/2  step 5/10", "b  succeeded"]
    )
    assert err == "job a failed: NaN in row 3 (bad_data)\n"
    assert last_sentence(ended) == "nothing runs or waits any more: 1 succeeded, 1 failed"


async def test_in_json_each_change_is_one_row_and_none_comes_twice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_all, "_EVERY_SECONDS", 0)
    client = ScriptedClient([info("a", "queued")], [info("a")], [info("a")], [info("a", "succeeded")])
    await follow_all(client, as_json=True)  # type: ignore[arg-type]  # it stands for one
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["state"] for row in rows] == ["queued", "running", "succeeded"]


class ClientOfAFasterServer(ScriptedClient):
    """By the time when one job is asked for, the next moment has come."""

    def job(self, job_id: str) -> ScriptedJob:
        moment = next((moment for moment in self._moments if moment), self._now)
        return ScriptedJob(next((one for one in moment if one.job_id == job_id), None))


async def test_a_row_that_was_ahead_of_its_list_is_not_printed_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_all, "_EVERY_SECONDS", 0)
    client = ClientOfAFasterServer([info("a", "queued")], [info("a")], [info("a", "succeeded")])
    await follow_all(client, as_json=True)  # type: ignore[arg-type]  # it stands for one
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["state"] for row in rows] == ["running", "succeeded"]


def test_a_board_lists_what_runs_before_what_waits_and_the_oldest_first() -> None:
    jobs = [info("new"), info("waits", "queued"), info("stops", "stopping")]
    assert [one.job_id for one in in_board_order(jobs)] == ["new", "stops", "waits"]


def test_a_row_has_every_number_of_its_job_and_nothing_that_the_server_did_not_say() -> None:
    job = a_job("a", state="running", step=50, steps_total=100, current_epoch=1, epochs=2, progress=0.5, name="digits")
    job.status.metrics.update({"loss": 0.25, "samples_per_second": 12000, "elapsed_ms": 3000})
    row = dict(zip(BOARD_HEADER, board_row(job_info_from_wire(job)), strict=True))
    assert row == {
        "JOB": "a",
        "NAME": "digits",
        "STATE": "running",
        "PROGRESS": "━━━━━━──────  50%",
        "EPOCH": "1/2",
        "STEP": "50/100",
        "RATE": "12,000/s",
        "LEFT": "3.0 s",
        "SCORES": "loss 0.2500",
    }
    assert board_row(info("b", "queued", waiting_reason="no node is connected"))[4:] == (
        "-",
        "-",
        "-",
        "-",
        "no node is connected",
    )


@pytest.mark.parametrize(("progress", "bar"), [(0.0, "─" * 12 + "   0%"), (1.0, "━" * 12 + " 100%")])
def test_a_bar_is_empty_at_the_start_and_full_at_the_end(progress: float, bar: str) -> None:
    assert bar_in_words(progress) == bar
