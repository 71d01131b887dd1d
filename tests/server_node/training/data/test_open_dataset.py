"""Datasets through their URIs: what they hold, and the one sentence for every defect."""

import gzip
import io
import json
import struct
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from server_node.training.api import prepare
from server_node.training.data.dataset import Dataset
from server_node.training.data.open_dataset import find_dataset
from server_node.training.environment import DatasetCache, ProgramCache, TrainingEnvironment, no_artifacts
from shared.errors import BadData, InvalidField, UserMistake
from tests.server_node.training.builders import MLP, a_job, an_environment

Arrays = dict[str, Any]
X, Y = np.arange(24, dtype=np.float32).reshape(6, 4), np.array([0, 1, 2, 0, 1, 2])


def opened(path: Path | str, query: str = "", *roots: Path) -> Dataset:
    root = roots or ((path.parent,) if isinstance(path, Path) else ())
    uri = f"file://{path}{query}" if isinstance(path, Path) else path
    return find_dataset(uri, an_environment(*root)).load()


def refused(path: Path | str, query: str = "", *roots: Path) -> str:
    with pytest.raises(BadData) as caught:
        opened(path, query, *roots)
    return caught.value.message


def npz(folder: Path, **arrays: Any) -> Path:
    np.savez_compressed(folder / "data.npz", **arrays)
    return folder / "data.npz"


def csv(folder: Path, text: str) -> Path:
    (folder / "data.csv").write_text(text)
    return folder / "data.csv"


def idx(folder: Path, name: str, array: Any, end: str = "", cut: int | None = None) -> None:
    content = struct.pack(f">I{array.ndim}I", 0x0800 | array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    content = content[:cut]
    (folder / f"{name}{end}").write_bytes(gzip.compress(content) if end else content)


def test_digits_can_be_their_own_target() -> None:
    digits = opened("builtin://digits?target=input")
    assert digits.targets is digits.inputs
    assert (digits.classes, digits.train_examples) == (None, 1438)


def test_digits_are_the_documented_arrays() -> None:
    digits = opened("builtin://digits")
    assert digits.inputs.shape == (1797, 8, 8, 1)
    assert digits.inputs.dtype == np.float32
    assert (digits.inputs.min(), digits.inputs.max()) == (0.0, 1.0)
    assert set(digits.targets.tolist()) == set(range(10))
    assert digits.form.examples - digits.form.train_examples == 359


@pytest.mark.parametrize(
    ("uri", "shape", "targets"),
    [
        ("synthetic://classification?samples=50&features=3&classes=4", (50, 3), (50,)),
        ("synthetic://images?samples=9&height=5&width=4&channels=2&classes=3", (9, 5, 4, 2), (9,)),
        ("synthetic://sequences?samples=9&length=5&features=2", (9, 5, 2), (9,)),
        ("synthetic://regression?samples=9&features=5&outputs=2", (9, 5), (9, 2)),
    ],
)
def test_synthetic_data_have_the_asked_shape_and_the_same_bits_again(
    uri: str, shape: tuple[int, ...], targets: tuple[int, ...]
) -> None:
    data, again, other = opened(uri), opened(uri), opened(uri + "&seed=5")
    assert data.inputs.shape == shape
    assert data.targets.shape == targets
    assert data.inputs.tobytes() == again.inputs.tobytes()
    assert data.inputs.tobytes() != other.inputs.tobytes()


def test_synthetic_tokens_have_a_class_or_the_next_token_as_target() -> None:
    classes = opened("synthetic://tokens?samples=20&length=6&vocab=9&classes=3")
    assert classes.inputs.dtype == classes.targets.dtype == np.int32
    assert (classes.inputs.shape, classes.targets.shape, classes.classes, classes.tokens) == ((20, 6), (20,), 3, 9)
    chains = opened("synthetic://tokens?samples=20&length=6&vocab=9&classes=0")
    np.testing.assert_array_equal(chains.inputs[:, 1:], chains.targets[:, :-1])
    assert (chains.classes, chains.form.target_shape, chains.form.has_tokens) == (9, (6,), True)


def test_synthetic_pairs_give_two_inputs_and_a_target_that_the_first_decides() -> None:
    pairs = opened("synthetic://pairs?samples=50&length=5&vocab=7")
    (known,) = pairs.more_inputs
    assert pairs.form.more_input_shapes == (pairs.form.input_shape,) == ((5,),)
    np.testing.assert_array_equal(known[:, 1:], pairs.targets[:, :-1])
    assert set(known[:, 0].tolist()) == {0}
    meaning = dict(zip(pairs.inputs.ravel().tolist(), pairs.targets.ravel().tolist(), strict=True))
    assert [meaning[word] for word in pairs.inputs[0].tolist()] == pairs.targets[0].tolist()


@pytest.mark.parametrize("kind", ["images?height=3&width=2&", "regression?", "tokens?vocab=5&"])
def test_target_input_makes_the_input_the_target(kind: str) -> None:
    data = opened(f"synthetic://{kind}samples=8&target=input")
    assert data.targets is data.inputs
    assert data.classes == data.tokens


def test_npz_with_x_and_y(tmp_path: Path) -> None:
    data = opened(npz(tmp_path, x=X.astype(np.float64), y=Y.astype(np.int64)))
    np.testing.assert_array_equal(data.inputs, X)
    assert data.targets.dtype == np.int32
    assert data.classes == 3


def test_npz_with_its_own_test_split(tmp_path: Path) -> None:
    pictures = np.full((6, 5, 5), 255, np.uint8)
    data = opened(npz(tmp_path, x_train=pictures, y_train=Y, x_test=pictures[:2], y_test=Y[:2]))
    assert data.inputs.shape == (8, 5, 5, 1)
    assert data.inputs.max() == 1.0
    assert data.train_examples == 6


def test_npz_in_fortran_order_is_read_right(tmp_path: Path) -> None:
    np.testing.assert_array_equal(opened(npz(tmp_path, x=np.asfortranarray(X), y=Y)).inputs, X)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": X}, "expected arrays x and y"),
        ({"x": X, "y": Y[:4]}, "got 6 inputs and 4 targets"),
        ({"x": X[:0], "y": Y[:0]}, "at least one example"),
        ({"x": X, "y": Y - 1}, "labels ≥ 0, got -1 at example 0"),
        ({"x": X, "y": Y + 10_000_000}, "labels below 1,000,000"),
        ({"x": np.where(X == 9, np.nan, X), "y": Y}, "the first is 2"),
        ({"x": X, "y": np.array([1.0, np.inf, 0, 0, 0, 0])}, "finite targets"),
        ({"x": X.astype(str), "y": Y}, "array x: expected an array of numbers"),
        ({"x": np.array([{}] * 6, object), "y": Y}, "objects are never read"),
        ({"x": X[:, 0], "y": Y}, "inputs of shape (examples, features…)"),
        ({"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y}, "the same shape and type of inputs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_npz_defects_are_told(tmp_path: Path, arrays: Arrays, said: str) -> None:
    message = refused(npz(tmp_path, **arrays))
    assert said in message
    assert message.startswith("data.npz")


def test_an_npz_cut_short_is_refused(tmp_path: Path) -> None:
    path = npz(tmp_path, x=X, y=Y)
    path.write_bytes(path.read_bytes()[:-40])
    assert "whole NPZ archive" in refused(path)


@pytest.mark.parametrize("place", [50, 90, 120])
def test_an_npz_with_flipped_bytes_is_refused_or_read_but_never_crashes(tmp_path: Path, place: int) -> None:
    path = npz(tmp_path, x=X, y=Y)
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    with suppress(BadData):
        opened(path)


def _with_header(shape: str, data: bytes, dtype: str = "<f4") -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (_with_header("(6, 40)", X.tobytes()), "bytes by its header"),
        (_with_header("(1000000000, 1000000000)", b""), "asks for more"),
        (_with_header("(-6, 4)", X.tobytes()), "sizes ≥ 0"),
        (b"not an array at all", "expected a NumPy array"),
    ],
    ids=["more", "huge", "negative", "none"],
)
def test_lying_headers_are_refused_before_memory_is_taken(tmp_path: Path, member: bytes, said: str) -> None:
    good = io.BytesIO()
    np.save(good, Y)
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("x.npy", member)
        archive.writestr("y.npy", good.getvalue())
    assert said in refused(tmp_path / "data.npz")


def test_data_larger_than_the_node_allows_are_refused(tmp_path: Path) -> None:
    path = npz(tmp_path, x=np.zeros((1000, 100), np.uint8), y=np.zeros(1000, int))
    environment = TrainingEnvironment(ProgramCache(), DatasetCache(limit_bytes=10_000), (tmp_path,), no_artifacts)
    with pytest.raises(BadData, match="at most 10,000 bytes"):
        find_dataset(f"file://{path}", environment).load()
    with pytest.raises(BadData, match="at most 10,000 bytes"):
        find_dataset("synthetic://classification", environment).load()


def test_csv_with_a_header_and_labels(tmp_path: Path) -> None:
    data = opened(csv(tmp_path, "a,label,b\n1,0,2\n3,2,4.5\n"))
    np.testing.assert_array_equal(data.inputs, [[1, 2], [3, 4.5]])
    assert data.targets.tolist() == [0, 2]
    assert data.classes == 3


def test_csv_without_a_header_has_its_target_last(tmp_path: Path) -> None:
    data = opened(csv(tmp_path, "1,2,0.5\n3,4,1.5\n\n"))
    assert data.inputs.shape == (2, 2)
    assert data.targets.tolist() == [[0.5], [1.5]]
    assert data.classes is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty file"),
        ("a,b\n", "after the header"),
        ("\n\n", "at least one line"),
        ("1,2,0\n3,4\n", "line 2: expected 3 columns as in the first line, got 2"),
        ("a,b,y\n1,2,0\n1,two,0\n", "line 3, column 2 (b): expected a number, got 'two'"),
        ("1,2,0\n1,nan,0\n", "NaN or infinity in 1 examples, the first is 1"),
        ("a,label\n1,-2\n", "labels ≥ 0, got -2"),
        ("a,label\n1,0.5\n", "whole numbers from 0 in the column label"),
        ("1\n2\n", "at least two columns"),
    ],
)
def test_csv_defects_are_told(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(csv(tmp_path, text), "?format=csv")


@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_folders_are_read(tmp_path: Path, end: str) -> None:
    pictures = np.arange(6 * 5 * 4).reshape(6, 5, 4) * 2
    for split, count in (("train", 6), ("t10k", 2)):
        idx(tmp_path, f"{split}-images-idx3-ubyte", pictures[:count], end)
        idx(tmp_path, f"{split}-labels-idx1-ubyte", Y[:count], end)
    data = opened(f"file://mnist/{tmp_path}", "", tmp_path)
    assert data.inputs.shape == (8, 5, 4, 1)
    assert data.inputs.max() == pytest.approx(238 / 255)
    assert data.train_examples == 6


def test_idx_defects_are_told(tmp_path: Path) -> None:
    pictures = np.zeros((6, 5, 4))
    folder = tmp_path / "set"
    folder.mkdir()
    assert "found none" in refused(folder, "", tmp_path)
    idx(folder, "train-images-idx3-ubyte", pictures)
    assert "train-labels-idx1-ubyte" in refused(folder, "", tmp_path)
    idx(folder, "train-labels-idx1-ubyte", Y[:3])
    assert "6 inputs and 3 targets" in refused(folder, "", tmp_path)
    idx(folder, "train-labels-idx1-ubyte", pictures)
    assert "magic number 0x00000801" in refused(folder, "", tmp_path)
    idx(folder, "train-labels-idx1-ubyte", Y)
    idx(folder, "train-images-idx3-ubyte", pictures, cut=100)
    assert "expected 120 bytes after its header (6, 5, 4), got only 84" in refused(folder, "", tmp_path)
    (folder / "train-images-idx3-ubyte").write_bytes(b"")
    assert "got nothing" in refused(folder, "", tmp_path)


def test_files_outside_the_data_roots_are_refused(tmp_path: Path) -> None:
    root, secret = tmp_path / "root", npz(tmp_path, x=X, y=Y)
    root.mkdir()
    (root / "link.npz").symlink_to(secret)
    for path in (str(secret), "/link.npz", "/../data.npz", f"{root}/link.npz"):
        assert "outside the data roots" in refused(f"file://{path}", "", root)
    assert "no data root" in refused(f"file://{secret}")
    assert "found nothing there" in refused(f"file://{root}/missing.npz", "", root)


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"\x00\x01\x02")
    (tmp_path / "empty").write_bytes(b"")
    assert "say which by ?format=" in refused(tmp_path / "noise")
    assert "empty file" in refused(tmp_path / "empty")
    (tmp_path / "folder").mkdir()
    assert "got a folder" in refused(tmp_path / "folder", "?format=npz")


@pytest.mark.parametrize(
    ("beginning", "said"),
    [
        (b"\x1f\x8b\x08", "packed by gzip; unpack it"),
        (b"BZh9", "packed by bzip2"),
        (b"\xfd7zXZ\0", "packed by xz"),
        (b"ARROW1\0\0", "save it as Parquet"),
        (b"\0\0\x08\x03\0\0\0\x01", "name its folder"),
        (b"\x80\x04\x95", "a Python pickle, which is never read"),
    ],
)
def test_what_people_have_and_we_do_not_read_is_told_by_name(tmp_path: Path, beginning: bytes, said: str) -> None:
    (tmp_path / "data").write_bytes(beginning + b"\0" * 20)
    assert said in refused(tmp_path / "data")


def test_a_relative_path_is_looked_for_in_the_data_roots(tmp_path: Path) -> None:
    csv(tmp_path, "1,2,0\n")
    assert opened("file://csv/./data.csv", "", tmp_path).inputs.shape == (1, 2)


def test_a_changed_file_is_another_dataset(tmp_path: Path) -> None:
    path, environment = csv(tmp_path, "1,2,0\n3,4,1\n"), an_environment(tmp_path)
    first = find_dataset(f"file://{path}", environment).key
    path.write_text("1,2,0\n3,4,1\n5,6,1\n")
    assert find_dataset(f"file://{path}", environment).key != first


def test_an_artifact_is_a_local_file_by_its_hash(tmp_path: Path) -> None:
    path, asked = npz(tmp_path, x=X, y=Y), []

    def artifact_path(sha256: str) -> Path:
        asked.append(sha256)
        return path

    environment = TrainingEnvironment(ProgramCache(), DatasetCache(), (), artifact_path)
    assert find_dataset(f"artifact://sha256:{'AB' * 32}", environment).load().inputs.shape == (6, 4)
    assert asked == ["ab" * 32]


@pytest.mark.parametrize(
    ("job", "error", "said"),
    [
        ({"batch_size": 7}, BadData, "batch_size must be at most the 6 training examples"),
        (
            {"layers": [{"type": "dense", "units": 2}]},
            BadData,
            "give the last layer at least 3 units",
        ),
        ({"layers": [{"type": "conv2d"}]}, InvalidField, "expects images"),
        ({"validation_split": 0.01, "batch_size": 1}, BadData, "both need at least one"),
    ],
    ids=["batch", "classes", "rank", "split"],
)
def test_what_only_the_data_can_tell_is_told_when_preparing(
    tmp_path: Path, job: dict[str, Any], error: type[UserMistake], said: str
) -> None:
    uri = f"file://{npz(tmp_path, x=X, y=Y)}"
    with pytest.raises(error, match=said.replace("(", r"\(")):
        prepare(a_job(**{"dataset": uri, "batch_size": 2, **job}), an_environment(tmp_path))


def test_real_targets_ask_for_squared_error_and_their_own_width(tmp_path: Path) -> None:
    uri = f"file://{npz(tmp_path, x=X, y=X[:, :2])}"
    environment = an_environment(tmp_path)
    with pytest.raises(BadData, match="use loss mse"):
        prepare(a_job(MLP, uri, batch_size=2, loss="cross_entropy"), environment)
    with pytest.raises(BadData, match=r"targets of data.npz have shape \(2,\)"):
        prepare(a_job(MLP, uri, batch_size=2), environment)
    prepared = prepare(a_job([{"type": "dense", "units": 2}], uri, batch_size=2), environment)
    assert prepared.setup.structure.loss == "mse"
    assert jax.devices()[0] == prepared.program.device
    assert json.loads(a_job().model_definition)


def test_an_artifact_that_is_not_there_is_told() -> None:
    with pytest.raises(BadData, match="no artifact"):
        find_dataset(f"artifact://sha256:{'ab' * 32}", an_environment())
