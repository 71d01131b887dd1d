"""What only happens on a real terminal or by a real signal: processes of their own."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time

from shared.pb import job_pb2
from tests.cyxwiz.scripted_server import Script, a_job, an_update


def test_ctrl_c_in_watch_leaves_the_job_running_and_says_so(server: str, script: Script) -> None:
    script.jobs["job-1"] = a_job()
    script.watches = [[an_update(1, a_job(state="running", step=1))]] * 1000
    command = [sys.executable, "-m", "cyxwiz", "watch", "job-1", "--server", server]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        _, err = watching.communicate(timeout=20)
    assert watching.returncode == 130
    assert err.splitlines()[-1] == (
        "cyxwiz: job job-1 goes on; cyxwiz watch job-1 shows it, cyxwiz cancel job-1 ends it"
    )
    assert not script.asked("CancelJob")


def a_watch_whose_reader_leaves_after_one_line(server: str) -> tuple[int, str]:
    """Return the exit code and the standard error of `cyxwiz watch --json` in a pipe that is closed."""
    command = [sys.executable, "-m", "cyxwiz", "watch", "job-1", "--json", "--server", server]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        watching.stdout.readline()
        watching.stdout.close()
        return watching.wait(timeout=20), watching.stderr.read()


def test_a_reader_who_leaves_ends_the_watch_quietly_and_does_not_fail_the_job(server: str, script: Script) -> None:
    script.jobs["job-1"] = a_job()
    script.watches = [[an_update(step, a_job(state="running", step=step)) for step in range(1, 5000)]]
    assert a_watch_whose_reader_leaves_after_one_line(server) == (0, "")


def test_a_reader_who_leaves_before_the_jobs_end_is_seen_does_not_change_its_code(server: str, script: Script) -> None:
    script.jobs["job-1"] = a_job()
    ended = an_update(2, a_job(state="cancelled"))
    script.watches = [[an_update(1, a_job(state="running")), 1.0, ended]]
    assert a_watch_whose_reader_leaves_after_one_line(server) == (3, "")


def test_a_terminal_gets_a_bar(server: str, script: Script) -> None:
    job = a_job(state="running", step=50, steps_total=100, current_epoch=1, epochs=2, progress=0.5, name="digits")
    script.jobs["job-1"] = a_job()
    script.watches = [[an_update(1, job), an_update(2, a_job(state="succeeded", progress=1.0))]]
    shown = on_a_terminal(["watch", "job-1", "--server", server])
    assert "━" in shown
    assert "epoch 1/2 step 50/100" in shown


def test_a_live_screen_obeys_no_name(server: str, script: Script) -> None:
    script.jobs["job-1"] = a_job(state="running", name="digits\x1b]0;mine\x07", progress=0.5)
    shown = on_a_terminal(["top", "--server", server], interrupt_after="mine")
    assert "digits\\x1b]0;mine\\x07" in shown


def test_the_progress_fits_80_columns(server: str, script: Script) -> None:
    job = a_job(state="running", name="a-name-that-is-not-short-" * 3, progress=0.087)
    job.status.MergeFrom(job_pb2.JobStatus(step=1200, steps_total=13800, current_epoch=52, epochs=600))
    scores = {"loss": 0.25, "accuracy": 0.9, "val_loss": 0.3, "val_accuracy": 0.8}
    job.status.metrics.update({**scores, "samples_per_second": 12000, "elapsed_ms": 16_300})
    script.jobs["job-1"] = a_job()
    script.watches = [[an_update(1, job), an_update(2, a_job(state="succeeded", progress=1.0))]]
    shown = on_a_terminal(["watch", "job-1", "--server", server], columns=80)
    assert "2 min 51 s left" in shown
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n").splitlines()
    assert max(map(len, lines)) <= 80


def test_top_on_a_terminal_is_a_screen_that_ctrl_c_leaves(server: str, script: Script) -> None:
    script.jobs["job-1"] = a_job(state="running", name="digits", progress=0.5)
    shown = on_a_terminal(["top", "--every", "0.2", "--server", server], interrupt_after="digits")
    assert "1 running, 0 waiting" in shown


def test_every_job_has_a_line_of_its_own_on_a_terminal_of_80_columns(server: str, script: Script) -> None:
    status = {"step": 1200, "steps_total": 13800, "current_epoch": 52, "epochs": 600, "progress": 0.087}
    for number in (1, 2):
        job = a_job(f"job-{number}", state="running", name="a-name-that-is-not-short-" * 2, **status)
        job.status.metrics.update({"loss": 0.25, "accuracy": 0.9, "val_loss": 0.3, "samples_per_second": 12000})
        script.jobs[job.status.job_id] = job
    shown = on_a_terminal(["top", "--server", server], columns=80, interrupt_after="job-2")
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "\n").splitlines()
    rows = [line for line in lines if line.startswith("job-")]
    assert [row.split()[0] for row in rows[:2]] == ["job-1", "job-2"]
    assert all("loss 0.2500" in row and len(row) <= 80 for row in rows[:2])


def test_watching_all_on_a_terminal_is_a_table_and_tells_each_end(server: str, script: Script) -> None:
    script.jobs["job-1"] = a_job("job-1", state="running", name="digits", progress=0.5)
    end = threading.Timer(2.0, lambda: setattr(script.jobs["job-1"].status, "state", "cancelled"))
    end.start()
    shown = on_a_terminal(["watch", "--server", server])
    end.join()
    assert "━━━━━━──────  50%" in shown
    assert "job job-1 cancelled" in shown
    assert "nothing runs or waits any more: 1 cancelled" in shown


def on_a_terminal(arguments: list[str], *, columns: int = 200, interrupt_after: str = "") -> str:
    """Return what a command shows on a terminal; Ctrl-C is pressed when `interrupt_after` is there."""
    leader, follower = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "cyxwiz", *arguments]
    with subprocess.Popen(command, stdout=follower, stderr=follower, env=environment) as running:
        os.close(follower)
        shown = b""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break  # the command has ended and nobody writes any more
            shown += piece
            if interrupt_after and interrupt_after in shown.decode(errors="ignore"):
                running.send_signal(signal.SIGINT)
                interrupt_after = ""
        else:
            running.kill()  # it shows something, and not what was waited for
        os.close(leader)
        assert running.wait(timeout=10) == 0
    return shown.decode()
