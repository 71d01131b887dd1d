"""The command without a server trains our own layers only, and says where a user's model runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from server_node.training.command import BAD_INPUT, main


def test_a_users_own_model_is_refused_with_where_it_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "job.yaml").write_text("model: {python: mine.py}\ndataset: builtin://digits\n")
    assert main([str(tmp_path / "job.yaml")]) == BAD_INPUT
    assert "--allow-user-code" in capsys.readouterr().err
