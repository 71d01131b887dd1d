"""What a healthcheck is told of a node on its machine."""

from __future__ import annotations

from pathlib import Path

from server_node.health import Health, main
from server_node.state_folder import StateFolder


def asked(state_dir: Path) -> int:
    return main(["--state-dir", str(state_dir)])


def test_a_node_is_healthy_while_it_lives_and_is_ready(tmp_path: Path) -> None:
    folder, health = StateFolder(tmp_path), Health(tmp_path)
    assert asked(tmp_path) == 1
    for is_ready in (True, False, True):
        health.say(is_ready=is_ready)
        assert asked(tmp_path) == (0 if is_ready else 1)
    folder.unlock()  # as when it was killed
    assert asked(tmp_path) == 1


def test_a_directory_of_no_node_is_not_healthy(tmp_path: Path) -> None:
    assert asked(tmp_path / "nowhere") == 1
    (tmp_path / "health").write_text("ready\n")
    assert asked(tmp_path) == 1
