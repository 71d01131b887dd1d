"""Whatever bytes a file holds, a loader gives a dataset or one sentence, and takes little memory for it."""

import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server_node.training.data.file_loaders import FILE_LOADERS
from server_node.training.data.npy_header import read_npy_header
from server_node.training.data.open_dataset import find_dataset
from server_node.training.data.room import Room
from shared.dataset_options import FileFormat, FileOptions
from shared.errors import UserMistake
from tests.server_node.training.data.builders import X, Y, a_small_node, npy_bytes

SMALL = Room(memory_bytes=100_000)
MOST_MEMORY = 8 * 2**20
TABLE = np.concatenate([X, Y[:, None]], axis=1).astype(np.float32)


def _npz() -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, x=X, y=Y)
    return content.getvalue()


def _npy() -> bytes:
    content = io.BytesIO()
    np.save(content, TABLE)
    return content.getvalue()


def _parquet() -> bytes:
    arrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow: install cyxwiz[data]")
    library = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow: install cyxwiz[data]")
    content = io.BytesIO()
    library.write_table(arrow.table({"a": [1.0, 2.0], "y": [0, 1]}), content)
    return content.getvalue()


def _png() -> bytes:
    pillow = pytest.importorskip("PIL.Image", reason="images need pillow: install cyxwiz[data]")
    content = io.BytesIO()
    pillow.new("RGB", (5, 4), (255, 0, 0)).save(content, "PNG")
    return content.getvalue()


SEEDS: dict[FileFormat, Callable[[], bytes]] = {
    FileFormat.NPZ: _npz,
    FileFormat.NPY: _npy,
    FileFormat.CSV: lambda: b'a,"b",y\n1,2,0\n3,4.5,1\n',
    FileFormat.PARQUET: _parquet,
    FileFormat.CIFAR10: lambda: b"\x01" + b"\0" * 3072,
    FileFormat.TEXT: lambda: "some téxt, some words ".encode() * 10,
    FileFormat.IMAGES: _png,
    FileFormat.IDX: lambda: bytes.fromhex("00000803000000020000000200000002") + b"\1" * 8,
}
Result = TypeVar("Result")


def tried(make: Callable[[], Result]) -> Result | UserMistake:
    """What comes out, or the mistake that is told; any other error is a bug."""
    try:
        return make()
    except UserMistake as mistake:
        return mistake


BEGINNINGS = [b"", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00", b"\x93NUMPY\x03\x00"]
EDITS = st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 255)), min_size=1, max_size=6)
CUTS = st.one_of(st.none(), st.integers(0, 4_000))


def _written(form: FileFormat, content: bytes, folder: Path) -> Path:
    match form:
        case FileFormat.IMAGES:
            path, target = folder / "images" / "a" / "1.png", folder / "images"
        case FileFormat.IDX:
            path, target = folder / "idx" / "train-images-idx3-ubyte", folder / "idx"
        case _:
            path = target = folder / str(form)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if form is FileFormat.IDX:
        (target / "train-labels-idx1-ubyte").write_bytes(bytes.fromhex("0000080100000002") + b"\0\1")
    return target


@pytest.mark.filterwarnings("ignore::Warning")  # libraries warn of odd files as they read them
@pytest.mark.parametrize("form", SEEDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS, cut=CUTS, vocabulary=st.sampled_from(["bytes", "words"]))
def test_damaged_files_give_a_dataset_or_one_sentence(
    tmp_path: Path, form: FileFormat, edits: list[tuple[int, int]], cut: int | None, vocabulary: Any
) -> None:
    content = bytearray(SEEDS[form]())
    for place, value in edits:
        content[place % len(content)] = value
    path = _written(form, bytes(content[:cut]), tmp_path)
    options = FileOptions(sequence=8, vocabulary=vocabulary)
    found = tried(lambda: FILE_LOADERS[form](path, "data", SMALL, options))
    if isinstance(found, UserMistake):
        assert found.message.startswith("data")
        assert len(found.message) < 1_000
    else:
        assert np.isfinite(found.inputs).all()
        assert found.inputs.nbytes <= SMALL.memory_bytes


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00", b"\x93NUMPY\x03\x00"])
)
def test_any_bytes_are_a_header_or_one_sentence(content: bytes, beginning: bytes) -> None:
    found = tried(lambda: read_npy_header(io.BytesIO(beginning + content), "data"))
    assert found.message.startswith("data") if isinstance(found, UserMistake) else found.values >= 0


SIZES = st.lists(st.integers(-2, 2**70), max_size=5)
TYPES = st.sampled_from(["<f4", "|O", "<U9", ">i8", "|V8", "<c16", "<M8[s]", "(3,)f4", "f4,i4", "x", ""])


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SIZES, TYPES)
def test_headers_that_lie_take_no_memory(tmp_path: Path, sizes: list[int], dtype: str) -> None:
    (tmp_path / "d.npy").write_bytes(npy_bytes(f"{tuple(sizes)}", b"\0" * 16, dtype))
    node = a_small_node(tmp_path)
    tracemalloc.start()
    found = tried(lambda: find_dataset(f"file://{tmp_path}/d.npy", node).load())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert not isinstance(found, UserMistake) or found.message.startswith("d.npy")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet='0123456789.,-e"\n\rabn ', max_size=60))
def test_any_csv_text_is_a_dataset_or_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "d.csv").write_bytes(text.encode())
    found = tried(lambda: FILE_LOADERS[FileFormat.CSV](tmp_path / "d.csv", "data", SMALL, FileOptions()))
    if isinstance(found, UserMistake):
        assert found.message.startswith("data")
    else:
        assert found.inputs.shape[0] == found.targets.shape[0]
