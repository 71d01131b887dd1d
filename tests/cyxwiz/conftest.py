"""A scripted central server for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cyxwiz.scripted_server import Script, serving


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[str]:
    with serving(script) as address:
        yield address


@pytest.fixture(autouse=True)
def _no_server_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CYXWIZ_SERVER", raising=False)


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(
        "name: digits\n"
        "model:\n"
        "  layers: [{type: flatten}, {type: dense, units: 10}]\n"
        "dataset: builtin://digits\n"
        "batch_size: 64\n"
        "epochs: 2\n"
        "hyperparameters: {learning_rate: 1e-3}\n"
    )
    return path
