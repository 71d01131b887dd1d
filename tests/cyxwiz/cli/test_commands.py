"""Every command against a scripted server: what it prints, asks and exits with."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import grpc
import pytest

import cyxwiz
from cyxwiz.cli.command_table import COMMANDS
from cyxwiz.cli.main import run
from shared.pb import common_pb2, job_pb2, node_pb2
from tests.cyxwiz.scripted_server import AWAY, Refusal, Script, a_finished_job, a_job, an_update
from tests.cyxwiz.test_records import KEYS


@pytest.fixture(autouse=True)
def _server_by_environment(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYXWIZ_SERVER", server)


Output = pytest.CaptureFixture[str]


def standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def a_failed_job() -> job_pb2.Job:
    job = a_job(state="failed")
    job.status.error.reason, job.status.error.message = "bad_data", "NaN in row 3"
    return job


def test_submit_prints_the_job_id_alone(script: Script, job_file: Path, capsys: Output) -> None:
    assert run(["submit", str(job_file)]) == 0
    (job_id,) = script.jobs
    assert capsys.readouterr().out == f"{job_id}\n"


def test_submit_sends_the_file_with_its_changes(script: Script, job_file: Path) -> None:
    arguments = ["--set", "epochs=9", "--set", "hyperparameters.learning_rate=0.5", "--set", "labels.team=vision"]
    assert run(["submit", str(job_file), *arguments]) == 0
    config = script.asked("SubmitJob")[0].config
    assert (config.epochs, config.name, dict(config.labels)) == (9, "digits", {"team": "vision"})
    assert float(config.hyperparameters["learning_rate"]) == 0.5


def test_a_model_file_of_a_change_is_the_one_that_is_sent(script: Script, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"layers": [64, 10]}')
    (tmp_path / "two.json").write_text('{"layers": [32, 10]}')
    (tmp_path / "job.yaml").write_text(
        "{model: {file: one.json}, dataset: builtin://digits, batch_size: 64, epochs: 1}"
    )
    assert run(["submit", str(tmp_path / "job.yaml"), "--set", "model.file=two.json"]) == 0
    assert json.loads(script.asked("SubmitJob")[0].config.model_definition)["layers"] == [32, 10]


def test_submit_reads_standard_input(
    script: Script, job_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    standard_input(monkeypatch, job_file.read_bytes())
    assert run(["submit", "-", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == KEYS


@pytest.mark.parametrize(("data", "sentence"), [(b"\xff\xfe", "no UTF-8 text"), (b"x" * 100_000_000, "was not sent")])
def test_standard_input_that_is_no_job_is_said(
    script: Script, monkeypatch: pytest.MonkeyPatch, capsys: Output, data: bytes, sentence: str
) -> None:
    standard_input(monkeypatch, data)
    assert run(["submit", "-"]) == 2
    assert sentence in capsys.readouterr().err
    assert not script.received


def test_the_server_may_be_said_before_the_command(
    server: str, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.delenv("CYXWIZ_SERVER")
    assert run(["--server", server, "nodes", "--json"]) == 0
    assert run(["--server", "127.0.0.1:1", "nodes", "--json", "--server", server]) == 0
    assert run(["--server", "nonsense", "nodes"]) == 2


def test_a_job_that_compiles_says_so(script: Script, capsys: Output) -> None:
    starting = a_job(state="running")
    starting.attempts.add(number=1, node_id="n", state="starting")
    script.jobs["job-1"] = a_job()
    script.watches = [[an_update(1, starting), an_update(2, a_job(state="succeeded"))]]
    assert run(["watch", "job-1"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "running  (loading data and compiling)"


def test_a_data_root_that_is_no_folder_is_said(tmp_path: Path, capsys: Output) -> None:
    assert run(["up", "--data-root", str(tmp_path / "nothing"), "--state-dir", str(tmp_path)]) == 2
    assert "must be a folder" in capsys.readouterr().err


@pytest.mark.parametrize(("end", "code"), [("succeeded", 0), ("failed", 1), ("cancelled", 3)])
def test_a_followed_submission_exits_with_the_jobs_code(
    script: Script, job_file: Path, capsys: Output, end: str, code: int
) -> None:
    script.watches = [[an_update(1, a_job(state="queued", waiting_reason="no node is connected")), AWAY]]
    script.watches.append([an_update(2, a_failed_job() if end == "failed" else a_job(state=end))])
    assert run(["submit", str(job_file), "--follow"]) == code
    out, err = capsys.readouterr()
    assert out.splitlines()[1:] == ["queued  (no node is connected)", end]
    assert "was lost, trying again" in err


def test_a_followed_submission_in_json_is_one_row_a_line(script: Script, job_file: Path, capsys: Output) -> None:
    script.watches = [[an_update(1, a_job(state="running")), an_update(2, a_job(state="succeeded"))]]
    assert run(["submit", str(job_file), "--follow", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["state"] for row in rows] == ["running", "succeeded"]
    assert all(list(row) == KEYS for row in rows)


def test_watch_shows_plain_lines_in_a_pipe(script: Script, capsys: Output) -> None:
    job = a_job(state="running", step=50, steps_total=100, current_epoch=1, epochs=2, progress=0.5)
    job.status.metrics.update({"loss": 0.25, "accuracy": 0.9, "samples_per_second": 12000, "elapsed_ms": 3000})
    script.jobs["job-1"] = a_job()
    script.watches = [[an_update(1, job), an_update(2, job), an_update(3, a_job(state="succeeded"))]]
    assert run(["watch", "job-1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "running  epoch 1/2  step 50/100  loss 0.2500  accuracy 0.9000  12,000 samples/s  3.0 s left",
        "succeeded",
    ]


def test_watch_in_json_exits_with_the_jobs_code(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_failed_job()
    assert run(["watch", "job-1", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"] == {"code": "bad_data", "message": "NaN in row 3"}


def test_a_lost_connection_is_said_once_and_so_is_its_return(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job()
    running, ended = a_job(state="running", step=1), a_job(state="succeeded", step=2)
    script.watches = [[an_update(1, running), AWAY], [AWAY], [AWAY], [AWAY], [an_update(2, ended)]]
    assert run(["watch", "job-1", "--json"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "cyxwiz: the connection to the central server was lost, trying again",
        "cyxwiz: the connection to the central server is back",
    ]


def test_watch_in_json_leaves_out_rows_that_repeat_the_one_before(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job()
    queued, running = a_job(state="queued"), a_job(state="running", step=1)
    running.status.metrics["loss"] = float("nan")
    states = [queued, queued, queued, running, running, a_job(state="succeeded")]
    script.watches = [[an_update(number, job) for number, job in enumerate(states, start=1)]]
    assert run(["watch", "job-1", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["state"] for row in rows] == ["queued", "running", "succeeded"]


def test_show_in_json_has_every_key(script: Script, capsys: Output) -> None:
    a_finished_job({"model.safetensors": b"x"}, script)
    assert run(["show", "job-1", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert list(row) == KEYS
    assert row["result"]["final_metrics"] == {"test_accuracy": 0.98}


def test_show_aligns_its_values_however_long_a_metrics_name_is(script: Script, capsys: Output) -> None:
    job = a_job(state="running")
    job.status.metrics.update({"loss": 0.5, "a_metric_with_quite_a_long_name": 0.25})
    script.jobs["job-1"] = job
    assert run(["show", "job-1"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["loss"].index("0.5") == lines["a_metric_with_quite_a_long_name"].index("0.25")
    assert lines["state"].index("running") == lines["loss"].index("0.5")


def test_show_and_list_say_of_which_epoch_the_values_of_a_kept_model_are(script: Script, capsys: Output) -> None:
    job = a_finished_job({"model.safetensors": b"x"}, script)
    job.status.metrics.update({"loss": 0.5, "best_epoch": 17, "kept_epoch": 17})
    assert run(["show", "job-1"]) == 0
    assert "of epoch 17, the best, whose weights are kept" in capsys.readouterr().out
    assert run(["list"]) == 0
    assert "loss 0.5000  (of epoch 17, the best)" in capsys.readouterr().out
    del job.status.metrics["kept_epoch"]  # it keeps the last weights
    assert run(["show", "job-1"]) == 0
    assert "the best" not in capsys.readouterr().out


def test_show_says_once_why_a_job_failed(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = job = a_failed_job()
    job.status.reason = job.status.error.message
    job.attempts.add(number=1, node_id="node-1", state="failed", reason=job.status.reason)
    assert run(["show", "job-1"]) == 0
    assert capsys.readouterr().out.count("NaN in row 3") == 1


def test_no_line_of_what_a_user_wrote_looks_like_a_fact_in_show(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = job = a_failed_job()
    job.status.error.message = "boom\nstate           succeeded\r\nloss 0.001\n\nweights /etc"
    assert run(["show", "job-1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith(("state", "loss", "weights")) for line in lines) == 1
    assert any(line.endswith("  state           succeeded") for line in lines)


def test_show_tells_people_why_a_job_waits(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job(waiting_reason="no node has a CUDA device")
    assert run(["show", "job-1"]) == 0
    assert "no node has a CUDA device" in capsys.readouterr().out


def test_a_unique_beginning_of_an_id_is_enough(script: Script, capsys: Output) -> None:
    script.jobs = {"7f3a11": a_job("7f3a11"), "7f3b22": a_job("7f3b22")}
    assert run(["show", "7f3a", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["job_id"] == "7f3a11"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("7f3", "cyxwiz: 2 jobs begin with 7f3; did you mean one of 7f3a11, 7f3b22? Write more of the id\n"),
        ("7f3a12", "cyxwiz: no job 7f3a12, did you mean 7f3a11?\n"),
        ("zzz", "cyxwiz: no job zzz; cyxwiz list shows the jobs there are\n"),
    ],
)
def test_an_id_that_means_no_job_is_not_found(script: Script, capsys: Output, typed: str, sentence: str) -> None:
    script.jobs = {"7f3a11": a_job("7f3a11"), "7f3b22": a_job("7f3b22")}
    assert run(["show", typed]) == 4
    assert capsys.readouterr() == ("", sentence)


def test_list_in_json_is_an_array_of_rows(script: Script, capsys: Output) -> None:
    script.jobs = {"a": a_job("a"), "b": a_job("b", state="running")}
    assert run(["list", "--json", "--state", "running"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["job_id"], list(row)) == ("b", KEYS)


def test_list_aligns_columns_in_a_pipe(script: Script, capsys: Output) -> None:
    script.jobs = {"a": a_job("a", name="digits"), "bcd": a_job("bcd", state="running")}
    assert run(["list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "JOB  NAME    STATE    PROGRESS  SUBMITTED  SCORES",
        "a    digits  queued   0%        -          -",
        "bcd  -       running  0%        -          -",
    ]


def test_the_jobs_of_an_array_are_listed_in_their_order(script: Script, capsys: Output) -> None:
    for index in (10, 2, 1):
        labels = {"array": "sweep", "array_index": str(index)}
        script.jobs[f"job-{index}"] = a_job(f"job-{index}", labels=labels)
    assert run(["list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["JOB", "job-1", "job-2", "job-10"]


def test_an_empty_list_is_an_empty_array(capsys: Output) -> None:
    assert run(["list", "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"


def test_cancel_gives_its_reason_and_waits(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job(state="running")
    script.watches = [[an_update(1, a_job(state="stopping")), an_update(2, a_job(state="cancelled"))]]
    assert run(["cancel", "job-1", "--reason", "wrong data", "--wait"]) == 0
    assert capsys.readouterr().out == "job-1 cancelled\n"
    assert script.asked("CancelJob")[0].reason == "wrong data"


def test_pause_waits_and_resume_puts_back(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job(state="running")
    script.watches = [[an_update(1, a_job(state="stopping")), an_update(2, a_job(state="paused"))]]
    assert run(["pause", "job-1", "--wait"]) == 0
    assert run(["resume", "job-1"]) == 0
    assert capsys.readouterr().out == "job-1 paused\njob-1 queued\n"


def test_delete_removes(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job(state="succeeded")
    assert run(["delete", "job-1"]) == 0
    assert not script.jobs


def test_metrics_in_json_are_flat_rows(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job()
    script.metrics = [job_pb2.MetricRow(step=5, epoch=1, at_ms=7, values={"loss": 0.5})]
    assert run(["metrics", "job-1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"step": 5, "epoch": 1, "at_ms": 7, "loss": 0.5}]


def test_the_metrics_of_a_job_without_history_say_so(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job()
    assert run(["metrics", "job-1"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "has reported no values yet" in err


def test_metrics_in_a_pipe_are_a_table(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job()
    script.metrics = [
        job_pb2.MetricRow(step=5, epoch=1, values={"loss": 0.5}),
        job_pb2.MetricRow(step=10, epoch=2, values={"loss": 0.25, "val_loss": 0.3}),
    ]
    assert run(["metrics", "job-1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "STEP  EPOCH  LOSS  VAL_LOSS",
        "5     1      0.5   -",
        "10    2      0.25  0.3",
    ]


def a_history(script: Script) -> None:
    script.jobs["job-1"] = a_job()
    script.metrics = [
        job_pb2.MetricRow(step=5, epoch=1, values={"loss": 0.5}),
        job_pb2.MetricRow(step=10, epoch=2, values={"loss": 0.25, "val_loss": 0.3}),
        job_pb2.MetricRow(step=15, epoch=3, values={"accuracy": 0.9, "val_loss": 0.2}),
    ]


def test_metrics_are_plotted_in_a_pipe_when_asked(script: Script, capsys: Output) -> None:
    a_history(script)
    assert run(["metrics", "job-1", "--plot"]) == 0
    out = capsys.readouterr().out
    assert [line.strip() for line in out.splitlines() if line.strip() in {"loss", "val_loss"}] == ["loss", "val_loss"]
    assert "STEP" not in out
    assert run(["metrics", "job-1", "--plot", "--metric", "val_loss"]) == 0
    assert "\n            loss\n" not in capsys.readouterr().out


def test_only_the_named_metrics_are_shown(script: Script, capsys: Output) -> None:
    a_history(script)
    assert run(["metrics", "job-1", "--metric", "accuracy", "--metric", "val_loss"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "STEP  EPOCH  ACCURACY  VAL_LOSS",
        "10    2      -         0.3",
        "15    3      0.9       0.2",
    ]
    assert run(["metrics", "job-1", "--json", "--metric", "accuracy"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"step": 15, "epoch": 3, "at_ms": 0, "accuracy": 0.9}]


def test_a_metric_that_no_report_has_is_not_found(script: Script, capsys: Output) -> None:
    a_history(script)
    assert run(["metrics", "job-1", "--metric", "acuracy"]) == 4
    assert capsys.readouterr() == ("", "cyxwiz: no report has acuracy, did you mean accuracy?\n")


@pytest.mark.parametrize("jobs", [["job-1"], ["job-1", "job-1"]])
def test_a_single_job_cannot_be_compared(script: Script, capsys: Output, jobs: list[str]) -> None:
    script.jobs["job-1"] = a_job()
    assert run(["compare", *jobs]) == 2
    assert "needs two jobs or more" in capsys.readouterr().err


def test_logs_follow_to_the_end(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job()
    script.logs = [[job_pb2.LogLine(sequence=1, attempt=1, level="INFO", text="epoch 1 done")]]
    assert run(["logs", "job-1", "--follow"]) == 0
    assert capsys.readouterr().out.endswith(" [1] info: epoch 1 done\n")


def test_download_prints_the_paths(script: Script, tmp_path: Path, capsys: Output) -> None:
    a_finished_job({"model.safetensors": b"weights", "model.json": b"{}"}, script)
    assert run(["download", "job-1", "-o", str(tmp_path / "out")]) == 0
    paths = [tmp_path / "out" / "model.safetensors", tmp_path / "out" / "model.json"]
    assert capsys.readouterr().out.splitlines() == [str(path) for path in paths]
    assert paths[0].read_bytes() == b"weights"


def test_an_uploaded_file_is_named_by_its_content(script: Script, tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "data.csv").write_bytes(b"1,2\n")
    uri = f"artifact://sha256:{hashlib.sha256(b'1,2' + bytes([10])).hexdigest()}"
    assert run(["upload", str(tmp_path / "data.csv")]) == 0
    assert capsys.readouterr().out == f"{uri}\n"
    assert run(["upload", str(tmp_path / "data.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"uri": uri}
    assert list(script.files.values()) == [b"1,2\n"]


@pytest.mark.parametrize("name", ["nothing.csv", ""])
def test_what_is_no_file_cannot_be_uploaded(tmp_path: Path, capsys: Output, name: str) -> None:
    assert run(["upload", str(tmp_path / name)]) == 2
    assert "cannot read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [("cancel", "running", "cancelled"), ("pause", "running", "paused"), ("resume", "paused", "queued")],
)
def test_what_changes_a_job_prints_its_row_in_json(
    script: Script, capsys: Output, command: str, before: str, after: str
) -> None:
    script.jobs["job-1"] = a_job(state=before)
    assert run([command, "job-1", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (list(row), row["state"]) == (KEYS, after)


def test_a_deletion_in_json_names_the_job(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job(state="succeeded")
    assert run(["delete", "job", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"job_id": "job-1", "deleted": True}


def test_no_terminal_obeys_what_is_in_a_name_a_log_line_or_a_reason(
    script: Script, job_file: Path, capsys: Output
) -> None:
    escape = "\x1b]0;mine\x07\x9b2J"
    script.jobs["job-1"] = a_job(state="queued", name=f"name{escape}", waiting_reason=f"reason{escape}")
    text = f"log{escape}\n12:00:00 [1] info: forged"
    script.logs = [[job_pb2.LogLine(sequence=1, attempt=1, level="INFO", text=text)]]
    for command in ("list", "list --json", "show job-1", "show job-1 --json", "logs job-1"):
        assert run(command.split()) == 0
        shown = capsys.readouterr().out
        assert "logs" not in command or len(shown.splitlines()) == 1
        assert "mine" in shown
        assert not any(sign in shown for sign in "\x1b\x07\x9b")
    script.refusals = [Refusal(grpc.StatusCode.INVALID_ARGUMENT, f"wrong{escape}")]
    assert run(["submit", str(job_file)]) == 2
    assert "wrong\\x1b]0;mine" in capsys.readouterr().err


def test_logs_in_json_are_one_object_a_line(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job()
    script.logs = [[job_pb2.LogLine(sequence=n, at_ms=7, attempt=1, level="INFO", text=f"{n}\n") for n in (1, 2)]]
    assert run(["logs", "job-1", "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == {"sequence": 1, "at_ms": 7, "attempt": 1, "level": "INFO", "text": "1\n"}
    assert second["sequence"] == 2


def test_a_download_in_json_names_its_files(script: Script, tmp_path: Path, capsys: Output) -> None:
    a_finished_job({"model.safetensors": b"weights"}, script)
    assert run(["download", "job-1", "-o", str(tmp_path), "--json"]) == 0
    files = [str(tmp_path / "model.safetensors")]
    assert json.loads(capsys.readouterr().out) == {"job_id": "job-1", "files": files}


def test_watch_without_a_job_ends_at_once_when_nothing_runs_or_waits(script: Script, capsys: Output) -> None:
    script.jobs["job-1"] = a_job(state="paused")
    assert run(["watch"]) == 0
    assert capsys.readouterr() == ("", "nothing runs or waits\n")
    assert run(["watch", "--json"]) == 0
    assert capsys.readouterr() == ("", "")


def test_plan_in_json_has_the_documented_keys(script: Script, job_file: Path, capsys: Output) -> None:
    script.plan = job_pb2.PlanJobResponse(
        layers=[job_pb2.PlannedLayer(name="d", type="dense", output_shape=[10], parameters=650)], parameters=650
    )
    assert run(["plan", str(job_file), "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert {"layers", "parameters", "memory_bytes", "flops_per_step", "nodes"} <= set(plan)
    assert plan["layers"] == [{"name": "d", "type": "dense", "output_shape": [10], "parameters": 650}]


def test_a_plan_says_what_is_not_known_yet(script: Script, job_file: Path, capsys: Output) -> None:
    script.plan = job_pb2.PlanJobResponse(memory_note="no node is ready")
    assert run(["plan", str(job_file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "layers          not known yet: their sizes follow from data that only a node can read",
        "parameters      not known yet",
        "memory          not known yet",
        "                no node is ready",
        "flops per step  not known yet",
    ]


def test_nodes_in_json_have_the_documented_keys(script: Script, capsys: Output) -> None:
    node = node_pb2.NodeInfo(node_id="n", name="one", state="ready", last_seen_ms=5)
    node.devices.add(device_type=common_pb2.DEVICE_CPU, device_name="a cpu", memory_total=7)
    script.nodes = [node]
    assert run(["nodes", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert list(row) == ["node_id", "name", "state", "devices", "attempts", "last_seen_ms"]
    assert run(["nodes"]) == 0
    assert "cpu a cpu, 0 B of 7 B promised" in capsys.readouterr().out


def test_top_in_a_pipe_is_printed_once(script: Script, capsys: Output) -> None:
    script.facts = (("cyxwiz-version", "1.2"), ("cyxwiz-unix-ms", "3000"))
    node = node_pb2.NodeInfo(node_id="n", name="one", state="ready", last_seen_ms=1000)
    node.devices.add(device_type=common_pb2.DEVICE_CPU, device_name="a cpu", memory_total=7)
    script.nodes = [node]
    script.jobs = {"a": a_job("a", state="running"), "b": a_job("b", waiting_reason="no memory"), "c": a_job("c")}
    script.jobs["c"].status.state = "succeeded"
    assert run(["top"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("1 node, 1 device  0 B of 7 B promised  1 running, 1 waiting")
    assert lines[3].endswith("  2.0 s ago")
    assert [line.split()[0] for line in lines[6:]] == ["a", "b"]
    assert run(["top", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["job_id"] for key in ("running", "waiting") for row in document[key]] == ["a", "b"]


def test_a_node_is_drained_and_undrained_by_its_name_or_the_beginning_of_its_id(script: Script, capsys: Output) -> None:
    script.nodes = [node_pb2.NodeInfo(node_id="n-123", name="gpu"), node_pb2.NodeInfo(node_id="n-456", name="cpu")]
    assert run(["drain", "gpu", "--within", "60"]) == 0
    (request,) = script.asked("DrainNode")
    assert (request.node_id, request.within_seconds) == ("n-123", 60.0)
    assert capsys.readouterr().out == "n-123 gpu draining, 0 attempts running\n"
    assert run(["undrain", "n-4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["node_id"] == "n-456"


def test_a_node_that_is_not_there_or_not_one_is_named_with_what_is(script: Script, capsys: Output) -> None:
    script.nodes = [node_pb2.NodeInfo(node_id="n-123", name="gpu"), node_pb2.NodeInfo(node_id="n-456", name="cpu")]
    assert run(["drain", "gpv"]) == 4
    assert "no node gpv, did you mean gpu?" in capsys.readouterr().err
    assert run(["drain", "n-"]) == 4
    assert "2 nodes are meant by n-" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal(grpc.StatusCode.INVALID_ARGUMENT, "no"), 2),
        (Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, "no"), 2),
        (Refusal(grpc.StatusCode.FAILED_PRECONDITION, "no"), 2),
        (Refusal(grpc.StatusCode.PERMISSION_DENIED, "no"), 6),
        (Refusal(grpc.StatusCode.INTERNAL, "no"), 70),
    ],
)
def test_each_error_has_its_exit_code_and_one_sentence(
    script: Script, capsys: Output, refusal: Refusal, code: int
) -> None:
    script.refusals = [refusal]
    assert run(["nodes"]) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err.startswith("cyxwiz: ")) == ("", 1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["show"],
        ["shwo", "x"],
        ["list", "--state", "nonsense"],
        ["list", "--limit", "0"],
        ["list", "--nonsense"],
        ["submit", "nothing.yaml"],
        ["submit", "/"],
        ["download", "job-1"],
        ["nodes", "--server", "nonsense"],
    ],
)
def test_wrong_usage_is_one_sentence(capsys: Output, arguments: list[str]) -> None:
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n"), err.startswith("cyxwiz: ")) == ("", 1, True)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["list", "--state", "foo"],
            "state must be one of queued, running, stopping, paused, succeeded, failed, cancelled, got 'foo'",
        ),
        (["list", "--state", "faild"], None),
        (["list", "--limit", "0"], "limit must be >= 1, got 0"),
        (["list", "--limit", "x"], "--limit must be a valid integer (see cyxwiz --help)"),
        (["up", "--nodes", "0"], "--nodes must be greater than or equal to 1 (see cyxwiz --help)"),
        (["up", "--port", "99999"], "--port must be less than or equal to 65535 (see cyxwiz --help)"),
    ],
)
def test_wrong_options_are_told_in_plain_words(capsys: Output, arguments: list[str], sentence: str | None) -> None:
    assert run(arguments) == 2
    err = capsys.readouterr().err
    if sentence is None:
        assert err.endswith("got 'faild', did you mean failed?\n")
    else:
        assert err == f"cyxwiz: {sentence}\n"


def test_a_wrong_dataset_is_called_by_the_job_files_word(script: Script, job_file: Path, capsys: Output) -> None:
    script.refusals = [Refusal(grpc.StatusCode.INVALID_ARGUMENT, "dataset_uri: no node has it", "dataset_uri")]
    assert run(["submit", str(job_file)]) == 2
    assert capsys.readouterr().err == "cyxwiz: dataset: no node has it\n"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("epochs=0", "epochs"),
        ("epochs=", "epochs is empty: give a value"),
        ("epochs=-3", "epochs"),
        ("epochs=many", "epochs"),
        ("batch_size=0", "batch_size"),
        ("nonsense=1", "nonsense"),
        ("hyperparameters.learning_rat=1", "learning_rate"),
        ("hyperparameters.learning_rate=-1", "learning_rate"),
        ("priority=urgent", "priority"),
        ("dataset=null", "cyxwiz: dataset is missing"),
        ("resources.memory=lots", "memory"),
    ],
)
def test_a_wrong_job_is_refused_before_it_is_sent(
    script: Script, job_file: Path, capsys: Output, change: str, word: str
) -> None:
    assert run(["submit", str(job_file), "--set", change]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert word in err
    assert not script.received


def test_nobody_at_the_address_is_exit_5(capsys: Output) -> None:
    assert run(["nodes", "--server", "127.0.0.1:1"]) == 5
    assert "no central server answers at 127.0.0.1:1" in capsys.readouterr().err


def test_the_help_of_watch_names_the_code_of_ctrl_c(capsys: Output) -> None:
    assert run(["watch", "--help"]) == 0
    assert "130" in capsys.readouterr().out


def test_the_version_is_said(capsys: Output) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"cyxwiz {cyxwiz.__version__}\n"


def test_without_a_command_the_help_is_shown(capsys: Output) -> None:
    assert run([]) == 0
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(capsys: Output, command: str) -> None:
    assert run([*command.split(), "--help"]) == 0
    assert f"Example: cyxwiz {command}" in capsys.readouterr().out
