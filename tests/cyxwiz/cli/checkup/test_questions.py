"""What the checkup asks the machine, with small programs, folders and ports of the test's own."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from types import SimpleNamespace

import pynvml
import pytest

import cyxwiz
from cyxwiz.cli import doctor as doctor_command
from cyxwiz.cli.checkup import python_and_jax
from cyxwiz.cli.checkup.disk import ask_folder
from cyxwiz.cli.checkup.gpu import ask_gpus
from cyxwiz.cli.checkup.ports import is_free, is_our_http
from cyxwiz.cli.checkup.python_and_jax import FoundJax, ask_jax
from cyxwiz.cli.main import run
from shared.clock import SystemClock
from tests.cyxwiz.scripted_server import Script


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ('print(\'{"version": "1", "devices": ["cpu cpu"]}\')', FoundJax("1", ("cpu cpu",))),
        ("print('absent')", FoundJax()),
        ("raise RuntimeError('the driver is too old')", FoundJax(trouble="RuntimeError: the driver is too old")),
        ("import os; os.abort()", FoundJax(trouble="its process ended with -6")),
    ],
)
def test_what_jax_says_in_its_own_process_is_understood(program: str, found: FoundJax) -> None:
    assert ask_jax(program=program) == found


def test_a_jax_that_hangs_is_ended() -> None:
    assert ask_jax(seconds=0.2, program="import time; time.sleep(60)") == FoundJax(
        trouble="it did not find its devices within 0.2 s"
    )


def test_the_cards_are_named_by_nvidias_library(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: 2,
        "nvmlDeviceGetHandleByIndex": lambda number: number,
        "nvmlDeviceGetName": lambda handle: b"H100" if handle else "H200",
        "nvmlDeviceGetMemoryInfo": lambda _: SimpleNamespace(total=80 * 1024**3),
        "nvmlSystemGetDriverVersion": lambda: "570.1",
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)
    found = ask_gpus()
    assert (found.driver, found.cards, found.trouble) == ("570.1", ("H200 80.0 GiB", "H100 80.0 GiB"), "")


def test_a_driver_that_does_not_answer_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)

    monkeypatch.setattr(pynvml, "nvmlInit", refuse)
    assert ask_gpus().trouble == "Driver Not Loaded"


def test_a_folder_that_is_not_there_yet_is_tried_where_it_would_be_made(tmp_path: Path) -> None:
    found = ask_folder(tmp_path / "a" / "b")
    assert (found.trouble, found.free_bytes > 0, list(tmp_path.iterdir())) == ("", True, [])


def test_a_folder_that_is_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert ask_folder(tmp_path / "file").trouble


def test_a_port_that_somebody_listens_on_is_not_free_and_not_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)
    assert not is_our_http(port)


def test_the_checkup_knows_the_server_by_its_version_and_its_clock(
    script: Script,
    server: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(python_and_jax, "ask_jax", FoundJax)
    monkeypatch.setenv("HOME", str(tmp_path))
    script.facts = (("cyxwiz-version", cyxwiz.__version__), ("cyxwiz-unix-ms", str(SystemClock().unix_ms() - 60_000)))
    assert run(["doctor", "--server", server, "--json"]) == 0
    findings = {row["check"]: row for row in json.loads(capsys.readouterr().out)}
    assert findings["server"]["level"] == "ok"
    assert findings["clock"]["level"] == "warn"
    assert [found for check, found in findings.items() if check.startswith("port")] == [
        {
            "check": f"port {server.rpartition(':')[2]}",
            "level": "ok",
            "found": "a central server listens there",
            "advice": "",
        }
    ]
    assert os.fspath(tmp_path) in findings["disk"]["found"]


def test_a_chosen_server_that_does_not_answer_fails_the_checkup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(python_and_jax, "ask_jax", FoundJax)
    monkeypatch.setattr(doctor_command, "_port_findings", lambda *_, **__: iter(()))
    monkeypatch.setenv("CYXWIZ_SERVER", "127.0.0.1:1")
    assert run(["doctor"]) == 1
    assert "fail  server      no central server answers at 127.0.0.1:1" in capsys.readouterr().out


def test_an_address_that_is_none_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--server", "nonsense"]) == 2
    assert capsys.readouterr().out == ""
