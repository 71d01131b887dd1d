"""The safetensors format, against the library that defined it, and against files that lie."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BadData, OurBug
from shared.safetensors_format import TensorEntry, read_safetensors, write_safetensors


def an_entry(name: str = "w", shape: tuple[int, ...] = (2, 3)) -> TensorEntry:
    return TensorEntry(name, "F32", shape, np.arange(np.prod(shape), dtype="<f4").tobytes())


def write_raw(path: Path, header: object, data: bytes = b"", *, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    entries = [an_entry("b", (4,)), an_entry("a", ()), TensorEntry("empty", "I64", (0, 3), b"")]
    written = write_safetensors(path, entries, {"kind": "mlp"})
    read = read_safetensors(path)
    assert list(read) == ["b", "a", "empty"]
    assert read.metadata == {"kind": "mlp"}
    assert all(bytes(read[entry.name].data) == bytes(entry.data) for entry in entries)
    assert read["a"].shape == ()
    assert written == (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)


def test_arrays_begin_at_whole_words_so_that_they_can_be_used_in_place(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_safetensors(path, [an_entry("odd name")])
    assert (8 + struct.unpack("<Q", path.read_bytes()[:8])[0]) % 8 == 0
    assert np.frombuffer(read_safetensors(path)["odd name"].data, "<f4").tolist() == [0, 1, 2, 3, 4, 5]


def test_the_library_reads_what_we_write(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "x.safetensors"
    write_safetensors(path, [an_entry("a"), an_entry("b", (3,))], {"k": "v"})
    loaded = library.load_file(path)
    assert {name: array.tolist() for name, array in loaded.items()} == {"a": [[0, 1, 2], [3, 4, 5]], "b": [0, 1, 2]}


def test_we_read_what_the_library_writes(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "x.safetensors"
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "h": np.ones((2,), np.float16),
        "f": np.eye(3, dtype=np.float64),
        "flag": np.array([True, False]),
    }
    library.save_file(arrays, path, {"k": "v"})
    read = read_safetensors(path)
    assert {name: (entry.dtype, entry.shape) for name, entry in read.items()} == {
        "h": ("F16", (2,)),
        "f": ("F64", (3, 3)),
        "flag": ("BOOL", (2,)),
    }
    assert all(bytes(read[name].data) == array.tobytes() for name, array in arrays.items())


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_safetensors(path, [an_entry()])
    before = path.read_bytes()
    with pytest.raises(OurBug, match="not 24 bytes"):
        write_safetensors(path, [TensorEntry("w", "F32", (2, 3), b"short")])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "entries", [[an_entry(), an_entry()], [TensorEntry("w", "F7", (1,), b"x")], [an_entry("__metadata__")]]
)
def test_entries_that_no_file_can_hold_are_our_bug(tmp_path: Path, entries: list[TensorEntry]) -> None:
    with pytest.raises(OurBug):
        write_safetensors(tmp_path / "x", entries)
    assert list(tmp_path.iterdir()) == []


def _tensor(begin: int, end: int, shape: object = (1,), dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "data", "words"),
    [
        ({"w": _tensor(0, 4)}, b"123", "take 4 bytes, the file holds 3"),
        ({"w": _tensor(0, 4)}, b"12345", "the file holds 5"),
        ({"v": _tensor(0, 4), "w": _tensor(2, 6)}, b"123456", "'w' begins at byte 2, expected 4"),
        ({"w": _tensor(2, 6)}, b"123456", "begins at byte 2, expected 0"),
        ({"w": _tensor(0, 8)}, b"12345678", "does not fit its offsets"),
        ({"w": _tensor(4, 0)}, b"", "does not fit its offsets"),
        ({"w": _tensor(-4, 0)}, b"", "whole numbers belong"),
        ({"w": _tensor(0, 4, shape=[-1, -1])}, b"1234", "whole numbers belong"),
        ({"w": _tensor(0, 4, shape=[2**62, 2**62])}, b"1234", "does not fit"),
        ({"w": _tensor(0, 4, shape="1")}, b"1234", "whole numbers belong"),
        ({"w": _tensor(0, 4, dtype="F33")}, b"1234", "unknown dtype 'F33'"),
        ({"w": _tensor(0, 4, dtype=[])}, b"1234", "unknown dtype"),
        ({"w": {"dtype": "F32"}}, b"", "must say dtype, shape and data_offsets"),
        ({"w": 3}, b"", "must say dtype"),
        ({"__metadata__": {"a": 1}}, b"", "metadata must be words"),
        ([], b"", "no JSON object"),
        (b"{", b"", "no whole safetensors file"),
        (b"\xff\xfe", b"", "no whole safetensors file"),
        (b'{"w":{},"w":{}}', b"", "twice"),
        (b"[" * 50_000, b"", "nested too deep"),
    ],
)
def test_a_file_that_lies_is_refused_with_its_name(tmp_path: Path, header: object, data: bytes, words: str) -> None:
    path = write_raw(tmp_path / "lies.safetensors", header, data)
    with pytest.raises(BadData, match=words) as caught:
        read_safetensors(path)
    assert "lies.safetensors" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"1234567", struct.pack("<Q", 2**63), struct.pack("<Q", 9) + b"{}"])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "short"
    path.write_bytes(content)
    with pytest.raises(BadData, match="short is no"):
        read_safetensors(path)


@settings(deadline=None)
@given(data=st.data())
def test_a_file_with_damaged_bytes_reads_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "x"
    write_safetensors(path, [an_entry("a"), an_entry("b")], {"k": "v"})
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    assert _read_or_refusal(path)


def _read_or_refusal(path: Path) -> str:
    try:
        return str(list(read_safetensors(path)) or "empty")
    except BadData as error:
        return str(error)
