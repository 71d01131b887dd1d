"""Generations of a job's checkpoint: the newest first, never none, and a damaged one is not counted on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from server_node.checkpoint_files import (
    checkpoint_step,
    described,
    furthest_whole_step,
    generations,
    hold_copy,
    put_in_place,
)
from server_node.training.checkpoints.sealed import write_sealed
from server_node.training.tensors import tensor_entries


def a_checkpoint(path: Path, step: int, **metadata: str) -> Path:
    write_sealed(path, tensor_entries({"a": np.full(50, step, np.int32)}), {"step": str(step), **metadata})
    return path


def steps_kept(newest: Path) -> list[int]:
    return [checkpoint_step(path) for path in generations(newest)]


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(("keep", "kept"), [(1, [5]), (2, [5, 4]), (3, [5, 4, 3])])
def test_so_many_generations_stay_newest_first(tmp_path: Path, keep: int, kept: list[int]) -> None:
    newest = tmp_path / "job" / "latest.safetensors"
    for step in range(1, 6):
        put_in_place(a_checkpoint(tmp_path / "fresh", step), newest, keep=keep)
    assert steps_kept(newest) == kept
    assert sorted(newest.parent.iterdir()) == sorted(generations(newest))


def test_fewer_are_kept_when_the_setting_says_so(tmp_path: Path) -> None:
    newest = tmp_path / "latest.safetensors"
    for step, keep in ((1, 3), (2, 3), (3, 3), (4, 1)):
        put_in_place(a_checkpoint(tmp_path / "fresh", step), newest, keep=keep)
    assert steps_kept(newest) == [4]


def test_the_newest_name_is_never_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = tmp_path / "latest.safetensors"
    put_in_place(a_checkpoint(tmp_path / "fresh", 1), newest, keep=2)
    a_checkpoint(tmp_path / "fresh", 2)
    replace, were_there = Path.replace, []

    def watched(path: Path, target: Path) -> Path:
        moved = replace(path, target)
        were_there.append(newest.exists())
        return moved

    monkeypatch.setattr(Path, "replace", watched)
    put_in_place(tmp_path / "fresh", newest, keep=2)
    assert were_there == [True, True]


def test_a_flipped_byte_in_the_newest_leaves_the_one_before(tmp_path: Path) -> None:
    newest = tmp_path / "latest.safetensors"
    for step in (3, 8):
        put_in_place(a_checkpoint(tmp_path / "fresh", step), newest, keep=2)
    assert furthest_whole_step(newest) == 8
    flip_a_byte(newest)
    assert furthest_whole_step(newest) == 3


def test_a_copy_on_its_way_stays_what_it_was(tmp_path: Path) -> None:
    path, copy = tmp_path / "latest.safetensors", tmp_path / "copy"
    assert not hold_copy(path, copy)
    put_in_place(a_checkpoint(tmp_path / "fresh", 7), path, keep=2)
    assert hold_copy(path, copy)
    for step in (8, 9):
        put_in_place(a_checkpoint(tmp_path / "fresh", step), path, keep=2)
    assert (checkpoint_step(copy), steps_kept(path)) == (7, [9, 8])


def test_a_checkpoint_is_described_with_the_fingerprint_of_the_device_that_made_it(tmp_path: Path) -> None:
    made_by = {"device": "cpu", "backend": "cpu"}
    stored = described(a_checkpoint(tmp_path / "c", 7, fingerprint=json.dumps(made_by)))
    assert (stored.step, stored.size_bytes) == (7, (tmp_path / "c").stat().st_size)
    assert stored.fingerprint == json.dumps(made_by, sort_keys=True)


def test_what_cannot_be_read_is_no_step_at_all(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"no checkpoint")
    assert checkpoint_step(tmp_path / "c") == checkpoint_step(tmp_path / "nowhere") == 0
    assert furthest_whole_step(tmp_path / "c") == 0
