"""Between the check of a path and its opening somebody may put another thing there; it is never read."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from server_node.training.data.file_access import allowed_path, beside
from server_node.training.data.npy import mapped_npy
from server_node.training.data.opened_file import DESCRIPTORS, name_of_opened, open_file
from shared.errors import BadData
from tests.server_node.training.data.builders import X, refused, save


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    """A path that was checked: a file in a folder of a data root, with a secret outside."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "data.npy").write_bytes(b"secret")
    (tmp_path / "root" / "set").mkdir(parents=True)
    (tmp_path / "root" / "set" / "data.npy").write_bytes(b"allowed")
    return allowed_path("set/data.npy", [tmp_path / "root"])


def file_becomes_a_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parents[2] / "outside" / "data.npy")


def folder_becomes_a_link(path: Path) -> None:
    path.parent.rename(path.parents[1] / "moved")
    path.parent.symlink_to(path.parents[2] / "outside")


def root_becomes_a_link(path: Path) -> None:
    path.parents[1].rename(path.parents[2] / "moved")
    (path.parents[2] / "outside" / "set").symlink_to(path.parents[2] / "outside")
    path.parents[1].symlink_to(path.parents[2] / "outside")


def file_becomes_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def file_becomes_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def file_goes(path: Path) -> None:
    path.unlink()


SWAPS = (
    file_becomes_a_link,
    folder_becomes_a_link,
    root_becomes_a_link,
    file_becomes_a_pipe,
    file_becomes_a_folder,
    file_goes,
)


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.__name__)
def test_what_was_swapped_after_the_check_is_refused(allowed: Path, swap: Callable[[Path], None]) -> None:
    with open_file(allowed, "data") as file:
        assert file.read() == b"allowed"
    swap(allowed)
    with pytest.raises(BadData, match=r"^data: expected .*(plain|readable|stays where it is)"):
        open_file(allowed, "data")


@pytest.mark.parametrize("swap", SWAPS, ids=lambda swap: swap.__name__)
def test_no_descriptor_is_left_open_by_a_refusal(allowed: Path, swap: Callable[[Path], None]) -> None:
    swap(allowed)
    before = len(list(DESCRIPTORS.iterdir()))
    for _ in range(3):
        with pytest.raises(BadData):
            open_file(allowed, "data")
    assert len(list(DESCRIPTORS.iterdir())) == before


def test_a_library_that_opens_by_name_gets_the_file_that_was_checked(allowed: Path) -> None:
    with open_file(allowed, "data") as file:
        file_becomes_a_link(allowed)
        assert Path(name_of_opened(file, allowed)).read_bytes() == b"allowed"


def test_a_file_that_is_overwritten_by_another_after_it_was_mapped_keeps_its_numbers(tmp_path: Path) -> None:
    mapped = mapped_npy(save(tmp_path / "x.npy", X), "x")
    save(tmp_path / "new.npy", X + 1).replace(tmp_path / "x.npy")
    np.testing.assert_array_equal(mapped, X)


@pytest.mark.parametrize("where", ["../outside/data.npy", "set/../../outside/data.npy", "link/data.npy", "link"])
def test_paths_that_lead_out_once_resolved_are_refused(allowed: Path, where: str) -> None:
    root = allowed.parents[1]
    (root / "link").symlink_to(root.parent / "outside")
    with pytest.raises(BadData, match="leads outside the data roots"):
        allowed_path(where, [root])


def test_links_inside_the_data_roots_are_followed(allowed: Path) -> None:
    root = allowed.parents[1]
    (root / "link").symlink_to(allowed.parent)
    assert allowed_path("link/data.npy", [root]) == allowed
    (allowed.parent / "again.npy").symlink_to("data.npy")
    assert beside(allowed.parent, "again.npy", "again") == allowed


def test_links_in_a_circle_are_told(allowed: Path) -> None:
    root = allowed.parents[1]
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    with pytest.raises(BadData, match=r"circles|found nothing there|looked at"):
        allowed_path("a", [root])


def test_a_pipe_in_a_data_root_does_not_hold_the_node_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "data.csv")
    assert "expected a plain file" in refused(f"file://csv/{tmp_path}/data.csv", "", tmp_path)
    assert "expected a plain file" in refused(f"file://{tmp_path}/data.csv", "", tmp_path)
