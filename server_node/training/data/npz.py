"""NPZ: a zip of named arrays. Pickled objects are never read; headers that lie and archives that swell are refused.

Recognised names, first match wins: x_train, y_train with x_test, y_test; x and y; images and labels; and their
common spellings. Unsigned bytes of images are divided by 255, and grey images get their channel axis.
"""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from server_node.training.data.checks import checked_dataset
from server_node.training.data.dataset import Dataset
from shared.errors import BadData

AnyArray = npt.NDArray[Any]
SUFFIX = ".npy"
SPLIT_NAMES = (("x_train", "y_train", "x_test", "y_test"), ("train_x", "train_y", "test_x", "test_y"))
SPLIT_NAMES_OF_IMAGES = ("train_images", "train_labels", "test_images", "test_labels")
SINGLE_NAMES = (("x", "y"), ("images", "labels"), ("inputs", "targets"), ("data", "labels"), ("features", "labels"))
SINGLE_NAMES_OF_TARGETS = (("data", "target"), ("features", "targets"))


def load_npz(path: Path, name: str, limit_bytes: int) -> Dataset:
    """Read and check an NPZ file.

    Args:
        path: the file.
        name: what messages call it.
        limit_bytes: the most its arrays may take, as float32.

    Raises:
        BadData: at the first defect.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _load(archive, name, limit_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise BadData(f"{name}: expected a whole NPZ archive, got one that cannot be read ({error})") from error


def _load(archive: zipfile.ZipFile, name: str, limit_bytes: int) -> Dataset:
    members = {info.filename.removesuffix(SUFFIX).lower(): info for info in archive.infolist()}

    def read(member: str) -> AnyArray:
        return _read_array(archive, members[member], f"{name}, array {member}", limit_bytes)

    for x_train, y_train, x_test, y_test in (*SPLIT_NAMES, SPLIT_NAMES_OF_IMAGES):
        if x_train in members and y_train in members:
            has_test = x_test in members and y_test in members
            test = (_as_images(read(x_test)), read(y_test)) if has_test else None
            return checked_dataset(name, (_as_images(read(x_train)), read(y_train)), test)
    for inputs, targets in (*SINGLE_NAMES, *SINGLE_NAMES_OF_TARGETS):
        if inputs in members and targets in members:
            return checked_dataset(name, (_as_images(read(inputs)), read(targets)), None)
    found = ", ".join(sorted(members)[:10]) or "none"
    raise BadData(f"{name}: expected arrays x and y, or x_train, y_train, x_test and y_test, got {found}")


def _as_images(inputs: AnyArray) -> AnyArray:
    if inputs.dtype != np.uint8 or inputs.ndim not in {3, 4}:
        return inputs
    scaled = inputs.astype(np.float32) / np.float32(255)
    return scaled[..., None] if inputs.ndim == 3 else scaled


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, limit_bytes: int) -> AnyArray:
    with archive.open(info) as file:
        shape, fortran_order, dtype, header_bytes = _header(file, name)
        if dtype.kind not in "fiub":
            raise BadData(f"{name}: expected an array of numbers, got type {dtype}; objects are never read")
        values = math.prod(shape)
        if values * max(dtype.itemsize, np.dtype(np.float32).itemsize) > limit_bytes:
            raise BadData(f"{name}: expected at most {limit_bytes:,} bytes, its header {shape} {dtype} asks for more")
        expected = header_bytes + values * dtype.itemsize
        if info.file_size != expected:
            raise BadData(f"{name}: expected {expected:,} bytes by its header, got {info.file_size:,}")
        content = file.read(values * dtype.itemsize)
    flat = np.frombuffer(content, dtype=dtype, count=values)
    return flat.reshape(shape, order="F" if fortran_order else "C")


def _header(file: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran_order, dtype = read(file)
    except ValueError as error:
        raise BadData(f"{name}: expected a NumPy array, got something else ({error})") from error
    if any(size < 0 for size in shape):
        raise BadData(f"{name}: expected sizes ≥ 0, its header says {shape}")
    return shape, fortran_order, dtype, file.tell()
