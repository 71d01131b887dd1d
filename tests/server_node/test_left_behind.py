"""What a killed process left is gone when the next one starts; what is still wanted stays."""

from __future__ import annotations

import os
from pathlib import Path

from server_node.folders import AttemptFolders
from server_node.journal import JournalContent
from server_node.kept_artifacts import KeptArtifacts
from server_node.left_behind import OLD_CHECKPOINT_SECONDS, remove_what_was_left
from tests.server_node.builders import a_key, an_end

NOW = 1e9


def a_file(path: Path, *, written_at: float = NOW) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"content")
    os.utime(path, (written_at, written_at))
    return path


def remove(folders: AttemptFolders, journal: JournalContent, *, limit_bytes: int = 100) -> None:
    kept = KeptArtifacts(folders.artifacts, limit_bytes)
    remove_what_was_left(folders, kept, journal, now_unix_seconds=NOW)


def test_half_written_files_go(tmp_path: Path) -> None:
    folders = AttemptFolders(tmp_path)
    newest = a_file(folders.checkpoint("job"))
    result = a_file(folders.result(a_key()) / "model.safetensors")
    for name in (".on-its-way", ".abc.fresh", "..abc.fresh.def.partial"):
        a_file(newest.with_name(name))
    a_file(result.with_name(".model.safetensors.abc.partial"))
    a_file(folders.artifact("a" * 64 + ".part"))
    remove(folders, JournalContent(interrupted={a_key(): None}))
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {newest, result}


def test_results_that_no_record_names_go(tmp_path: Path) -> None:
    folders = AttemptFolders(tmp_path)
    for key in (a_key("told"), a_key("told", 2), a_key("gone")):
        a_file(folders.result(key) / "model.safetensors")
    remove(folders, JournalContent(unacknowledged={a_key("told", 2): an_end("told", 2)}))
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert left == {"results", "results/told", "results/told/2", "results/told/2/model.safetensors"}


def test_old_checkpoints_go_but_for_interrupted_attempts(tmp_path: Path) -> None:
    folders, long_ago = AttemptFolders(tmp_path), NOW - OLD_CHECKPOINT_SECONDS - 1
    for job_id, written_at in (("old", long_ago), ("interrupted", long_ago), ("new", NOW)):
        a_file(folders.checkpoint(job_id), written_at=written_at)
    remove(folders, JournalContent(interrupted={a_key("interrupted"): None}))
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {"interrupted", "new"}


def test_artifacts_above_the_limit_go(tmp_path: Path) -> None:
    folders = AttemptFolders(tmp_path)
    a_file(folders.artifact("a" * 64), written_at=NOW - 1)
    newer = a_file(folders.artifact("b" * 64))
    remove(folders, JournalContent(), limit_bytes=10)
    assert list(folders.artifacts.iterdir()) == [newer]
