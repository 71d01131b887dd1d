"""Files that were made to do harm: each is refused in one sentence, in a process that may not take much memory."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.dataset_options import FileFormat
from tests.server_node.training.data.builders import npy_bytes
from tests.server_node.training.data.samples import (
    FEATURES,
    LABELS,
    cifar_bytes,
    hdf5_bytes,
    idx_bytes,
    library,
    npy_content,
    npz_bytes,
    parquet_bytes,
    png_bytes,
)

MEBIBYTE = 2**20
LARGEST_GROWTH_BYTES = 96 * MEBIBYTE
"""Of the process, while it reads all of these; what the room of the test allows for one is 4 MiB."""
ZEROS = b"\0" * MEBIBYTE


def _zip(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, member in members.items():
            archive.writestr(f"{name}.npy", member)
    return content.getvalue()


def _swelling_zip() -> bytes:
    content, packed = io.BytesIO(), npy_bytes("(3145728, 10)", b"")
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("x.npy", "w") as member:
            member.write(packed)
            for _ in range(120):
                member.write(ZEROS)
        archive.writestr("y.npy", npy_content(LABELS))
    return content.getvalue()


def _zip_that_lies_of_its_size() -> bytes:
    """The list of members says that x.npy unpacks to what its header says, and it unpacks to 100 MiB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        header = npy_bytes("(11, 4)", b"")
        archive.writestr("x.npy", header + ZEROS * 100)
        archive.writestr("y.npy", npy_content(LABELS))
    content = bytearray(packed.getvalue())
    true, said = struct.pack("<I", len(header) + 100 * MEBIBYTE), struct.pack("<I", len(header) + 11 * 4 * 4)
    return bytes(content.replace(true, said))


def _zip_of_many_members() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(5_000):
            archive.writestr(f"{number:0900}", b"")
    return content.getvalue()


def _object_array() -> bytes:
    content = io.BytesIO()
    np.save(content, np.array([{"a": 1}, os.system], object), allow_pickle=True)
    return content.getvalue()


def _hdf5(fill: Callable[[Any], None]) -> bytes:
    content = io.BytesIO()
    with library("h5py").File(content, "w") as file:
        fill(file)
    return content.getvalue()


def _external_link(file: Any) -> None:
    file["x"] = library("h5py").ExternalLink("/etc/passwd", "x")
    file["y"] = LABELS


def _external_storage(file: Any) -> None:
    file.create_dataset("x", (11, 4), "u1", external=[("/etc/passwd", 0, 44)])
    file["y"] = LABELS


def _large_chunk(file: Any) -> None:
    file.create_dataset("x", (11, 2**25), "f8", chunks=(1, 2**25), fillvalue=0)
    file["y"] = LABELS


def _chunks_that_swell(file: Any) -> None:
    file.create_dataset("x", (11, 4), "f4", chunks=(11, 4), maxshape=(None, None), compression="gzip", data=FEATURES)
    file["x"].id.write_direct_chunk((0, 0), zlib.compress(ZEROS * 120, 1))
    file["y"] = LABELS


def _large_chunks_that_swell(file: Any) -> None:
    zeros = np.zeros((4, 2**18), np.float32)
    file.create_dataset("x", chunks=(4, 2**18), compression="gzip", data=zeros)
    file["x"].id.write_direct_chunk((0, 0), zlib.compress(ZEROS * 120, 1))
    file["y"] = LABELS


def _other_packing(file: Any) -> None:
    file.create_dataset("x", chunks=(11, 4), scaleoffset=3, data=FEATURES)
    file["y"] = LABELS


def _terabyte(file: Any) -> None:
    file.create_dataset("x", (2**20, 2**18), "f4", chunks=(64, 64))
    file["y"] = LABELS


def _png_that_says(width: int, height: int) -> bytes:
    """A PNG with the front of a large one, and a first part of its content that unpacks to much."""
    front = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in ((b"IHDR", front), (b"IDAT", zlib.compress(ZEROS * 64, 1)), (b"IEND", b""))
    )


def _png_with_much_text() -> bytes:
    whole, text = png_bytes(np.zeros((4, 5), np.uint8)), b"Comment\0\0" + zlib.compress(ZEROS * 80, 1)
    part = struct.pack(">I", len(text)) + b"zTXt" + text + struct.pack(">I", zlib.crc32(b"zTXt" + text))
    return whole[:33] + part + whole[33:]


def _long_words() -> bytes:
    """One word of 8 MiB as the target of every one of 20,000 rows, in a file of some kilobytes."""
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    words = arrow.DictionaryArray.from_arrays(arrow.array(np.zeros(20_000, np.int32)), arrow.array(["x" * 2**23]))
    content = io.BytesIO()
    table = arrow.table({"a": np.ones(20_000), "y": words})
    parquet.write_table(table, content, store_schema=False, compression="gzip", write_statistics=False)
    return content.getvalue()


def _long_list() -> bytes:
    """Two rows, of which the first is a list of twenty million numbers."""
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    lists = arrow.ListArray.from_arrays([0, 20_000_000, 20_000_001], arrow.array(np.zeros(20_000_001, np.int8)))
    content = io.BytesIO()
    parquet.write_table(arrow.table({"a": lists, "y": [0, 1]}), content, compression="gzip")
    return content.getvalue()


def _idx(images: bytes) -> dict[str, bytes]:
    return {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": idx_bytes(LABELS)}


def _packed_idx(images: bytes) -> dict[str, bytes]:
    return {"train-images-idx3-ubyte.gz": gzip.compress(images, 1), "train-labels-idx1-ubyte": idx_bytes(LABELS)}


FRONT = bytes.fromhex("00000803")
Content = bytes | dict[str, bytes]
HOSTILE: dict[str, tuple[FileFormat, Callable[[], Content], str]] = {
    "npy of a terabyte": (FileFormat.NPY, lambda: npy_bytes("(1000000, 262144)", b"\0" * 64), "by its header"),
    "npy of more than 2^64": (FileFormat.NPY, lambda: npy_bytes("(99999999999, 99999999999)", b""), "by its header"),
    "npy cut short": (FileFormat.NPY, lambda: npy_content(FEATURES)[:-1], "by its header"),
    "npy that wants pickle": (FileFormat.NPY, _object_array, "objects are never read"),
    "npy of nested brackets": (FileFormat.NPY, lambda: npy_bytes("(" * 3000, b""), "expected a NumPy array"),
    "npz that swells": (FileFormat.NPZ, _swelling_zip, "asks for more"),
    "npz that lies of its size": (FileFormat.NPZ, _zip_that_lies_of_its_size, "whole NPZ archive"),
    "npz of many members": (FileFormat.NPZ, _zip_of_many_members, "a list of members of at most"),
    "npz that wants pickle": (
        FileFormat.NPZ,
        lambda: _zip(x=_object_array(), y=npy_content(LABELS)),
        "objects are never read",
    ),
    "npz of a terabyte": (
        FileFormat.NPZ,
        lambda: _zip(x=npy_bytes("(1000000, 262144)", b""), y=npy_content(LABELS)),
        "asks for more",
    ),
    "npz cut in half": (FileFormat.NPZ, lambda: npz_bytes()[: len(npz_bytes()) // 2], "whole NPZ archive"),
    "idx with the magic of labels": (FileFormat.IDX, lambda: _idx(idx_bytes(LABELS)), "magic number 0x00000803"),
    "idx of 2^96 pixels": (FileFormat.IDX, lambda: _idx(FRONT + b"\xff" * 12), "asks for more"),
    "idx cut short": (FileFormat.IDX, lambda: _idx(FRONT + struct.pack(">3I", 11, 2, 2) + b"abc"), "got only 3"),
    "idx that swells": (
        FileFormat.IDX,
        lambda: _packed_idx(FRONT + struct.pack(">3I", 11, 2, 2) + ZEROS * 100),
        "got more",
    ),
    "cifar cut short": (FileFormat.CIFAR10, lambda: cifar_bytes()[:-1], "records of 3,073 bytes"),
    "parquet cut in half": (FileFormat.PARQUET, lambda: parquet_bytes()[: len(parquet_bytes()) // 2], "whole Parquet"),
    "parquet of long words": (FileFormat.PARQUET, _long_words, "at most 1,000 characters"),
    "parquet of a long list": (FileFormat.PARQUET, _long_list, "lists of one length"),
    "csv with ragged rows": (FileFormat.CSV, lambda: b"1,2,0\n1,2,3,0\n", "line 2: expected 3 columns"),
    "csv with an empty cell": (FileFormat.CSV, lambda: b"1,2,0\n1,,0\n", "expected a number, got ''"),
    "csv with a quote left open": (
        FileFormat.CSV,
        lambda: b'1,2,0\n1,"2,0\n' + b"1,2,0\n" * 200_000,
        "UTF-8 text with",
    ),
    "csv of one line": (FileFormat.CSV, lambda: b"1," * 2_500_000, "asks for more"),
    "csv of one cell": (FileFormat.CSV, lambda: b"a" * 200_000 + b"\n1\n", "expected UTF-8 text with numbers"),
    "csv of bytes": (FileFormat.CSV, lambda: b"1,2,\xff\n", "expected UTF-8 text"),
    "csv of noughts": (FileFormat.CSV, lambda: b"1,2,0\n1,\0,0\n", "expected"),
    "csv of other digits": (FileFormat.CSV, "1,2,0\n1,٣,0\n".encode, "expected a number, got '٣'"),
    "hdf5 with a link out": (FileFormat.HDF5, lambda: _hdf5(_external_link), "got y"),
    "hdf5 with numbers outside": (FileFormat.HDF5, lambda: _hdf5(_external_storage), "numbers are in others"),
    "hdf5 of a terabyte": (FileFormat.HDF5, lambda: _hdf5(_terabyte), "asks for more"),
    "hdf5 of a large chunk": (FileFormat.HDF5, lambda: _hdf5(_large_chunk), "asks for more"),
    "hdf5 with a chunk that swells": (FileFormat.HDF5, lambda: _hdf5(_chunks_that_swell), "bytes packed"),
    "hdf5 with a larger chunk that swells": (FileFormat.HDF5, lambda: _hdf5(_large_chunks_that_swell), "unpacks to"),
    "hdf5 packed in another way": (FileFormat.HDF5, lambda: _hdf5(_other_packing), "packed by gzip or lzf, once"),
    "hdf5 cut in half": (FileFormat.HDF5, lambda: hdf5_bytes()[: len(hdf5_bytes()) // 2], "whole HDF5 file"),
    "image of many pixels": (FileFormat.IMAGES, lambda: {"a/1.png": _png_that_says(60_000, 60_000)}, "pixels"),
    "image that swells": (FileFormat.IMAGES, lambda: {"a/1.png": _png_that_says(8_000, 8_000)}, "asks for more"),
    "image with much text": (FileFormat.IMAGES, lambda: {"a/1.png": _png_with_much_text()}, "expected an image"),
    "image cut short": (
        FileFormat.IMAGES,
        lambda: {"a/1.png": png_bytes(np.zeros((40, 50), np.uint8))[:-25]},
        "expected a whole image",
    ),
    "text of nothing": (FileFormat.TEXT, lambda: b"", "expected text, got nothing"),
    "text without end": (FileFormat.TEXT, lambda: b"a" * (2 * MEBIBYTE), "asks for more"),
}


def _written(folder: Path, content: Content) -> Path:
    folder.mkdir(parents=True)
    if isinstance(content, bytes):
        (folder / "file").write_bytes(content)
        return folder / "file"
    for name, part in content.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(part)
    return folder


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, int]]:
    """What a process of its own said of each hostile file, and by how much it grew meanwhile."""
    folder = tmp_path_factory.mktemp("hostile")
    files = [(_written(folder / str(place), make()), form) for place, (form, make, _) in enumerate(HOSTILE.values())]
    asked = json.dumps([(str(path), str(form)) for path, form in files])
    command = [sys.executable, "-m", "tests.server_node.training.data.bounded_reader", asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return dict(zip(HOSTILE, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_one_sentence_within_a_memory_bound(
    outcomes: dict[str, tuple[str, int]], what: str
) -> None:
    said, growth_bytes = outcomes[what]
    assert HOSTILE[what][2] in said
    assert said.startswith("data")
    assert len(said) < 600
    assert "\n" not in said
    assert growth_bytes < LARGEST_GROWTH_BYTES
