"""One small good file, or folder, of every format: what tests of all formats begin with."""

import io
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.dataset_options import FileFormat

ROWS = 11
FEATURES = np.arange(ROWS * 4, dtype=np.float32).reshape(ROWS, 4) / np.float32(7)
LABELS = np.arange(ROWS) % 3
PICTURES = (np.arange(ROWS * 5 * 4) * 7 % 256).reshape(ROWS, 5, 4).astype(np.uint8)
TABLE = np.concatenate([FEATURES, LABELS[:, None]], axis=1).astype(np.float32)


def library(module: str) -> Any:
    """A library of the extra `data`; without it the test is left out."""
    return pytest.importorskip(module, reason=f"this format needs {module}: install cyxwiz[data]")


def npz_bytes() -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, x=FEATURES, y=LABELS)
    return content.getvalue()


def npy_content(array: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def csv_bytes() -> bytes:
    lines = [
        ",".join(repr(float(value)) for value in row) + f",{label}" for row, label in zip(FEATURES, LABELS, strict=True)
    ]
    return ("a,b,c,d,y\n" + "\n".join(lines) + "\n").encode()


def parquet_bytes() -> bytes:
    arrow, parquet = library("pyarrow"), library("pyarrow.parquet")
    content, columns = io.BytesIO(), {name: FEATURES[:, place] for place, name in enumerate("abcd")}
    parquet.write_table(arrow.table({**columns, "y": LABELS}), content, row_group_size=4)
    return content.getvalue()


def hdf5_bytes() -> bytes:
    h5py = library("h5py")
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_dataset("x", data=FEATURES, chunks=(4, 2), compression="gzip")
        file.create_dataset("y", data=LABELS)
    return content.getvalue()


def idx_bytes(array: Any) -> bytes:
    front = struct.pack(f">I{array.ndim}I", 0x0800 | array.ndim, *array.shape)
    return front + bytes(array.astype(np.uint8).tobytes())


def cifar_bytes() -> bytes:
    pixels = (np.arange(3072) % 256).astype(np.uint8).tobytes()
    return b"".join(bytes([label]) + pixels for label in LABELS)


def text_bytes() -> bytes:
    return "the cat, the hat: é\n".encode() * 9


def png_bytes(pixels: Any) -> bytes:
    content = io.BytesIO()
    library("PIL.Image").fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def _one(content: Callable[[], bytes], query: str = "") -> Callable[[Path], str]:
    def write(folder: Path) -> str:
        (folder / "sample").write_bytes(content())
        return f"file://{folder}/sample{query}"

    return write


def _idx_folder(folder: Path) -> str:
    (folder / "train-images-idx3-ubyte").write_bytes(idx_bytes(PICTURES))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS))
    return f"file://{folder}"


def _image_folder(folder: Path) -> str:
    for place, (pixels, label) in enumerate(zip(PICTURES, LABELS, strict=True)):
        path = folder / f"class-{label}" / f"{place:02}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png_bytes(pixels))
    return f"file://{folder}"


SAMPLES: Mapping[FileFormat, Callable[[Path], str]] = {
    FileFormat.NPZ: _one(npz_bytes),
    FileFormat.NPY: _one(lambda: npy_content(TABLE)),
    FileFormat.HDF5: _one(hdf5_bytes),
    FileFormat.CSV: _one(csv_bytes),
    FileFormat.PARQUET: _one(parquet_bytes),
    FileFormat.IDX: _idx_folder,
    FileFormat.CIFAR10: _one(cifar_bytes, "?format=cifar10"),
    FileFormat.IMAGES: _image_folder,
    FileFormat.TEXT: _one(text_bytes, "?format=text&sequence=8"),
    FileFormat.TOKENS: _one(lambda: npy_content(np.arange(12 * ROWS) % 9), "?format=tokens&sequence=8"),
}
"""Each writes its sample into an empty folder and gives the URI; a format has at least `ROWS` - 1 examples of it."""
