"""The page on Python shows every public name of the SDK, and its examples do what they say on a real cluster."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

import cyxwiz
from tests.docs.documented_commands import REPOSITORY, Block, blocks_of
from tests.end_to_end.cluster_process import ClusterProcess

PAGE = REPOSITORY / "docs" / "reference" / "python.md"


def examples() -> list[Block]:
    return [block for block in blocks_of(PAGE) if block.language == "python"]


def public_methods(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")}


@pytest.mark.parametrize("kind", [cyxwiz.Client, cyxwiz.Job], ids=lambda kind: kind.__name__)
def test_every_public_method_has_an_example(kind: type) -> None:
    shown = "\n".join(block.text for block in examples())
    assert not {name for name in public_methods(kind) if f".{name}(" not in shown}


def test_every_public_name_has_an_example() -> None:
    shown = "\n".join(block.text for block in examples())
    names = set(cyxwiz.__all__) - {"__version__", "Job"}
    assert not {name for name in names if f"cyxwiz.{name}" not in shown}


@pytest.mark.parametrize("name", ["Client", "Job"])
def test_the_asynchronous_names_are_the_same(name: str) -> None:
    assert public_methods(getattr(cyxwiz, name)) == public_methods(getattr(cyxwiz.aio, name))


@pytest.mark.slow
def test_the_examples_run_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ClusterProcess(tmp_path / "state") as cluster:
        monkeypatch.setenv("CYXWIZ_SERVER", cluster.grpc)
        monkeypatch.chdir(tmp_path)
        token = (cluster.state_dir / "server" / "admin-token").read_text().strip()
        names: dict[str, Any] = {"ADMIN_TOKEN": token}
        for block in examples():
            if not block.reason_not_to_run:
                exec(compile("\n" * block.line + block.text, str(PAGE), "exec"), names)
        assert "<svg" in names["html"]
        assert len(names["sweep"]) == 2
