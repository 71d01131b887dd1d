"""NPY, HDF5, token arrays: what they hold, and the one sentence for every defect."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server_node.training.data.data_space import DataSpace
from server_node.training.data.dataset_form import Scale
from server_node.training.data.open_dataset import find_dataset
from server_node.training.data.room import Room
from server_node.training.data.text import load_text
from server_node.training.environment import DatasetCache, ProgramCache, TrainingEnvironment, no_artifacts
from shared.dataset_options import FileOptions
from shared.errors import BadData, NotSupported
from tests.server_node.training.data.builders import (
    X,
    Y,
    npy_bytes,
    opened,
    refused,
    refused_as_too_large,
    save,
)


def test_npy_is_mapped_and_its_last_column_is_the_target(tmp_path: Path) -> None:
    table = np.concatenate([X, Y[:, None]], axis=1).astype(np.float32)
    data = opened(save(tmp_path / "d.npy", table))
    np.testing.assert_array_equal(data.inputs, X)
    assert data.targets.tolist() == Y.tolist()
    assert data.classes == 3
    real = opened(save(tmp_path / "r.npy", table + np.float32(0.5)))
    assert real.targets.shape == (6, 1)


def test_npy_with_its_target_beside_it_is_not_copied(tmp_path: Path) -> None:
    save(tmp_path / "y.npy", Y)
    data = opened(save(tmp_path / "x.npy", X), "?target=y.npy")
    assert isinstance(data.inputs, np.memmap)
    assert data.targets.tolist() == Y.tolist()
    save(tmp_path / "f.npy", np.asfortranarray(X.astype(">f8")))
    np.testing.assert_array_equal(opened(tmp_path / "f.npy", "?target=y.npy").inputs, X)


def test_npy_for_reconstruction_and_a_folder_of_named_arrays(tmp_path: Path) -> None:
    data = opened(save(tmp_path / "x.npy", X), "?target=input")
    assert data.targets is data.inputs
    folder = tmp_path / "set"
    folder.mkdir()
    for name, rows in (("train", 6), ("val", 2), ("test", 3)):
        save(folder / f"x_{name}.npy", X[:rows])
        save(folder / f"y_{name}.npy", Y[:rows])
    split = opened(folder, "", tmp_path)
    assert (split.train_examples, split.validation_examples, split.inputs.shape[0]) == (6, 2, 11)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (npy_bytes("(1000000, 1000000)", b""), "by its header (1000000, 1000000), got 128"),
        (npy_bytes("(6, 4)", X.tobytes()[:-1]), "expected 224 bytes"),
        (npy_bytes("(6, 4)", X.tobytes() + b"x"), "expected 224 bytes"),
        (npy_bytes("(-1, 4)", b""), "sizes ≥ 0"),
        (npy_bytes("(0, 4)", b""), "at least one example"),
        (npy_bytes("(6,)", X.tobytes()[:24]), "expected a table"),
        (npy_bytes("(2, 2)", b"\0" * 32, "|O"), "objects are never read"),
        (npy_bytes("(2, 2)", b"\0" * 16, "<U1"), "objects are never read"),
        (npy_bytes("(" * 500, b""), "expected a NumPy array"),
        (b"\x93NUMPY\x09\x00" + b"\0" * 100, "expected a NumPy array"),
        (b"\x93NUMPY", "expected a NumPy array"),
    ],
    ids=["terabyte", "short", "long", "negative", "empty", "vector", "objects", "words", "nested", "version", "cut"],
)
def test_npy_defects_are_told_before_memory_is_taken(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "d.npy").write_bytes(content)
    assert said in refused(tmp_path / "d.npy")


def test_a_target_beside_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    save(tmp_path / "secret.npy", Y)
    save(inner / "x.npy", X)
    (inner / "y.npy").symlink_to(tmp_path / "secret.npy")
    for target in ("../secret.npy", "y.npy", f"{tmp_path}/secret.npy"):
        assert "leads out of it" in refused(inner / "x.npy", f"?target={target}", inner)
    assert "found none" in refused(inner / "x.npy", "?target=z.npy", inner)


def test_pickles_are_never_read(tmp_path: Path) -> None:
    (tmp_path / "d.pkl").write_bytes(pickle.dumps({"x": X}))
    assert "a Python pickle, which is never read" in refused(tmp_path / "d.pkl")
    np.save(tmp_path / "d.npy", np.array([{}], object), allow_pickle=True)
    assert "objects are never read" in refused(tmp_path / "d.npy")


def hdf5(path: Path, **arrays: Any) -> Path:
    h5py = pytest.importorskip("h5py", reason="HDF5 needs h5py: install cyxwiz[data]")
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file.create_dataset(name.replace("__", "/"), data=array)
    return path


def test_hdf5_arrays_by_name_and_by_group(tmp_path: Path) -> None:
    data = opened(hdf5(tmp_path / "a.h5", X=X, y=Y))
    np.testing.assert_array_equal(data.inputs, X)
    pictures = np.full((6, 4, 5, 3), 255, np.uint8)
    split = opened(
        hdf5(tmp_path / "b.h5", train__images=pictures, train__labels=Y, test__images=pictures, test__labels=Y)
    )
    assert (split.inputs.shape, split.train_examples) == ((12, 4, 5, 3), 6)
    assert split.inputs.max() == 1.0


def test_hdf5_defects_are_told(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="HDF5 needs h5py: install cyxwiz[data]")
    path = hdf5(tmp_path / "a.h5", x=X, y=Y)
    path.write_bytes(path.read_bytes()[:-200])
    assert "whole HDF5 file" in refused(path)
    assert "x_train" in refused(hdf5(tmp_path / "b.h5", a=X))
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file.create_dataset("x", shape=(10**6, 10**6), dtype="f4", chunks=(100, 100))
        file.create_dataset("y", data=Y)
    assert "asks for more" in refused(tmp_path / "c.h5")
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file.create_dataset("x", data=["a", "b"])
        file.create_dataset("y", data=Y)
    assert "expected an array of numbers" in refused(tmp_path / "d.h5")


def test_hdf5_never_follows_links_to_other_files(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="HDF5 needs h5py: install cyxwiz[data]")
    root = tmp_path / "root"
    root.mkdir()
    secret = hdf5(tmp_path / "secret.h5", x=X)
    with h5py.File(root / "link.h5", "w") as file:
        file["x"] = h5py.ExternalLink(str(secret), "x")
        file.create_dataset("y", data=Y)
    assert "got y" in refused(root / "link.h5")
    with h5py.File(root / "virtual.h5", "w") as file:
        layout = h5py.VirtualLayout(X.shape, X.dtype)
        layout[:] = h5py.VirtualSource(str(secret), "x", X.shape)
        file.create_virtual_dataset("x", layout)
        file.create_dataset("y", data=Y)
    assert "numbers are in others" in refused(root / "virtual.h5")
    (tmp_path / "raw").write_bytes(X.tobytes())
    with h5py.File(root / "external.h5", "w") as file:
        file.create_dataset("x", X.shape, X.dtype, external=[(str(tmp_path / "raw"), 0, X.nbytes)])
        file.create_dataset("y", data=Y)
    assert "numbers are in others" in refused(root / "external.h5")


def test_token_arrays_are_streams_or_rows(tmp_path: Path) -> None:
    stream = opened(save(tmp_path / "s.npy", np.arange(23, dtype=np.uint16)), "?format=tokens&sequence=5")
    assert stream.inputs.dtype == np.int32
    assert stream.inputs.shape == (4, 5)
    np.testing.assert_array_equal(stream.targets, stream.inputs + 1)
    rows = opened(save(tmp_path / "r.npy", np.arange(12).reshape(3, 4)), "?format=tokens")
    assert rows.inputs.shape == rows.targets.shape == (3, 3)
    np.savez(tmp_path / "c.npz", tokens=np.arange(12).reshape(3, 4), y=np.array([0, 1, 0]))
    classes = opened(tmp_path / "c.npz")
    assert (classes.tokens, classes.classes, classes.targets.shape) == (12, 2, (3,))


@pytest.mark.parametrize("spelling", ["tokens_{}", "{}_tokens", "{}/tokens"])
def test_tokens_come_in_splits_like_every_other_array(tmp_path: Path, spelling: str) -> None:
    rows = np.arange(20, dtype=np.int32).reshape(5, 4)
    splits: dict[str, Any] = {spelling.format("train"): rows[:3], spelling.format("val"): rows[3:]}
    np.savez(tmp_path / "t.npz", **splits)
    data = opened(tmp_path / "t.npz")
    assert (data.form.train_examples, data.form.validation_examples) == (3, 2)
    assert (data.form.has_tokens, data.classes, data.inputs.shape) == (True, 20, (5, 3))
    np.testing.assert_array_equal(data.targets, rows[:, 1:])


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.arange(5), "at least 129 tokens"),
        (np.array([[0, 1], [2, -1]]), "labels ≥ 0, got -1 at example 1"),
        (np.array([[-4, 1], [2, 1]]), "tokens ≥ 0, got -4 at example 0"),
        (np.array([[0, 10**8, 1]]), "tokens below 10,000,000"),
        (np.array([[0.5, 1.5]]), "whole numbers as tokens"),
        (np.array([[1], [2]]), "at least 2"),
    ],
)
def test_token_defects_are_told(tmp_path: Path, array: Any, said: str) -> None:
    assert said in refused(save(tmp_path / "t.npy", array), "?format=tokens")


def test_text_by_bytes_and_by_words(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes("the cat, the hat: é\n".encode() * 3)
    data = opened(tmp_path / "t.txt", "?sequence=8")
    assert (data.classes, data.tokens, data.inputs.shape) == (256, 256, (7, 8))
    assert bytes(data.inputs[0].tolist()) == b"the cat,"
    assert bytes(data.targets[0].tolist()) == b"he cat, "
    words = opened(tmp_path / "t.txt", "?sequence=3&vocabulary=words&words=3")
    assert (words.classes, words.tokens) == (3, 3)
    assert words.inputs.tolist()[0] == [1, 0, 2]
    assert words.class_names == ("", "the", ",")
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "b.txt").write_text("world")
    (folder / "a.txt").write_text("hello ")
    assert bytes(opened(folder, "?sequence=10", tmp_path).inputs[0].tolist()) == b"hello worl"


def test_text_defects_are_told(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_bytes(b"short")
    assert "at least 129 tokens" in refused(tmp_path / "t.txt")
    (tmp_path / "w.txt").write_bytes("text".encode("utf-16"))
    assert "UTF-16 text; save it as UTF-8" in refused(tmp_path / "w.txt")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfa" * 300)
    assert "expected UTF-8 text" in refused(tmp_path / "b.txt", "?vocabulary=words")
    (tmp_path / "e.txt").write_bytes(b"")
    assert "got nothing" in refused(tmp_path / "e.txt", "?format=text")
    (tmp_path / "long.txt").write_bytes(b"a b " * 5_000)
    refused_as_too_large(tmp_path, f"file://{tmp_path}/long.txt")
    with pytest.raises(BadData, match="at most 1,000 bytes"):
        load_text(tmp_path / "long.txt", "long", Room(1_000), FileOptions(vocabulary="words"))  # type: ignore[arg-type]  # the word


@pytest.mark.parametrize("query", ["", "?format=npz", "?target=input"])
def test_large_arrays_are_refused_by_a_small_node(tmp_path: Path, query: str) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((1000, 10)), y=np.zeros(1000, int))
    refused_as_too_large(tmp_path, f"file://{tmp_path}/d.npz{query}")


def test_what_is_too_large_for_memory_goes_to_a_mapped_file_that_vanishes(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.arange(8_000, dtype=np.uint16).reshape(1000, 8), y=np.arange(1000) % 3)
    spool = tmp_path / "spool"
    spool.mkdir()
    space = DataSpace(mapped_bytes=10**6, folder=spool)
    node = TrainingEnvironment(ProgramCache(), DatasetCache(16_001), (tmp_path,), no_artifacts, space)
    data = find_dataset(f"file://{tmp_path}/d.npz", node).load()
    assert isinstance(data.inputs, np.memmap)
    assert data.inputs[-1].tolist() == list(range(7_992, 8_000))
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize("normalize", ["standard", "minmax"])
def test_inputs_are_scaled_by_the_numbers_of_the_training_examples(tmp_path: Path, normalize: str) -> None:
    train = np.array([[0.0, 5, 10], [4, 5, 30]])
    np.savez(tmp_path / "d.npz", x_train=train, y_train=[0, 1], x_test=train * 2, y_test=[0, 1])
    data = opened(tmp_path / "d.npz", f"?normalize={normalize}")
    wanted: list[list[float]] = [[-1, 0, -1], [1, 0, 1], [-1, 5, 0], [3, 5, 4]]
    if normalize == "minmax":
        wanted = [[0, 0, 0], [1, 0, 1], [0, 5, 0.5], [2, 5, 2.5]]
    np.testing.assert_allclose(data.inputs, np.array(wanted, np.float32))
    assert data.scale == (Scale((2, 5, 20), (2, 1, 10)) if normalize == "standard" else Scale((0, 5, 10), (4, 1, 20)))
    save(tmp_path / "x.npy", train.astype(np.float32))
    save(tmp_path / "y.npy", np.array([0, 1]))
    mapped = opened(tmp_path / "x.npy", f"?target=y.npy&normalize={normalize}")
    np.testing.assert_allclose(mapped.inputs, np.array(wanted[:2], np.float32))


def test_a_missing_library_is_told_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    (tmp_path / "d.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(NotSupported, match=r"HDF5 needs h5py.*install cyxwiz\[data\]"):
        opened(tmp_path / "d.h5")
