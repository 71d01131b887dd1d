"""NPZ: a zip of named arrays. Pickled objects are never read; headers that lie and archives that swell are refused.

Which names are inputs and targets is told in `named_arrays`.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np

from server_node.training.data.checks import AnyArray
from server_node.training.data.dataset import Dataset
from server_node.training.data.named_arrays import dataset_of_arrays
from server_node.training.data.npy_header import read_npy_header
from server_node.training.data.room import Room
from shared.dataset_options import FileFormat, FileOptions
from shared.errors import BadData

SUFFIX = ".npy"


def load_npz(path: Path, name: str, room: Room, options: FileOptions, said: FileFormat | None = None) -> Dataset:
    """Read and check an NPZ file; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _load(archive, name, room, options, said)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        struct.error,
        ValueError,
        OverflowError,
    ) as error:
        raise BadData(
            f"{name}: expected a whole NPZ archive, got one that cannot be read ({str(error)[:200]})"
        ) from error


def _load(archive: zipfile.ZipFile, name: str, room: Room, options: FileOptions, said: FileFormat | None) -> Dataset:
    members = {info.filename.removesuffix(SUFFIX).lower(): info for info in archive.infolist()}

    def read(member: str) -> AnyArray:
        return _read_array(archive, members[member], f"{name}, array {member}", room)

    return dataset_of_arrays(name, members, read, room, options, said)


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, room: Room) -> AnyArray:
    with archive.open(info) as file:
        header = read_npy_header(file, name)
        room.check(name, -(-header.values * max(header.dtype.itemsize, 4) // 4), f"its header {header.shape}")
        if info.file_size != header.file_bytes:
            raise BadData(f"{name}: expected {header.file_bytes:,} bytes by its header, got {info.file_size:,}")
        content = file.read(header.file_bytes - header.header_bytes)
    flat = np.frombuffer(content, dtype=header.dtype, count=header.values)
    return flat.reshape(header.shape, order="F" if header.is_fortran else "C")
