"""Fetched files up to a size: the least recently used goes first, and never one that an attempt holds."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from server_node.kept_artifacts import KeptArtifacts
from shared.errors import BadData
from shared.log_lines import PlainLines
from tests.server_node.builders import a_key

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def a_file(folder: Path, name: str, *, size_bytes: int = 40, used_at: int = 0) -> None:
    path = folder / name
    path.write_bytes(bytes(size_bytes))
    os.utime(path, (used_at, used_at))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def kept(tmp_path: Path) -> KeptArtifacts:
    for used_at, name in enumerate((B, A, C)):
        a_file(tmp_path, name, used_at=used_at)
    return KeptArtifacts(tmp_path, limit_bytes=100)


def test_the_least_recently_used_goes_first(tmp_path: Path, kept: KeptArtifacts) -> None:
    kept.make_room()
    assert names(tmp_path) == {A, C}


def test_a_use_is_remembered_by_another_process(tmp_path: Path, kept: KeptArtifacts) -> None:
    assert kept.use(B)
    KeptArtifacts(tmp_path, limit_bytes=100).make_room()
    assert names(tmp_path) == {B, C}


def test_what_an_attempt_holds_stays_until_it_lets_go(tmp_path: Path, kept: KeptArtifacts) -> None:
    kept.hold(B, a_key())
    kept.hold(B, a_key("other"))
    kept.make_room()
    assert names(tmp_path) == {B, C}
    kept.let_go(a_key())
    kept.make_room(coming_bytes=60)
    assert names(tmp_path) == {B}
    kept.let_go(a_key("other"))
    kept.make_room(coming_bytes=61)
    assert names(tmp_path) == set()


def test_letting_go_makes_room_at_once(tmp_path: Path, kept: KeptArtifacts) -> None:
    for name in (A, B, C):
        kept.hold(name, a_key(name[0]))
    kept.make_room()
    assert names(tmp_path) == {A, B, C}
    kept.let_go(a_key("c"))
    assert names(tmp_path) == {A, B}


def test_more_than_the_limit_in_use_is_said_aloud(kept: KeptArtifacts, caplog: pytest.LogCaptureFixture) -> None:
    for name in (A, B, C):
        kept.hold(name, a_key())
    with caplog.at_level(logging.WARNING):
        kept.make_room()
    told = PlainLines().format(caplog.records[0])
    assert "artifacts_over_limit bytes=120 limit=100" in told


def test_an_unfinished_file_of_nobody_goes_and_one_being_fetched_stays(tmp_path: Path, kept: KeptArtifacts) -> None:
    a_file(tmp_path, "d" * 64 + ".part", used_at=-1)
    a_file(tmp_path, "e" * 64 + ".part", used_at=-2)
    kept.hold("e" * 64, a_key())
    kept.make_room()
    assert names(tmp_path) == {C, "e" * 64 + ".part"}


def test_a_part_that_is_here_already_is_not_counted_twice(tmp_path: Path, kept: KeptArtifacts) -> None:
    a_file(tmp_path, "d" * 64 + ".part", size_bytes=15)
    kept.hold("d" * 64, a_key())
    kept.expect("d" * 64, 20)
    assert names(tmp_path) == {A, C, "d" * 64 + ".part"}


def test_a_new_process_forgets_what_was_unfinished(tmp_path: Path, kept: KeptArtifacts) -> None:
    for name in (f"{A}.part", f"{B}.removed"):
        a_file(tmp_path, name)
    kept.forget_unfinished()
    assert names(tmp_path) == {A, B, C}


def test_one_larger_than_all_may_be_is_refused_and_nothing_goes_for_it(tmp_path: Path, kept: KeptArtifacts) -> None:
    with pytest.raises(BadData, match=r"at most 100 bytes.*got 101.*--artifact-disk-gib"):
        kept.expect("d" * 64, 101)
    assert names(tmp_path) == {A, B, C}


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    kept = KeptArtifacts(tmp_path / "artifacts", limit_bytes=1)
    kept.forget_unfinished()
    kept.make_room()
    assert not kept.use(A)
