"""NPZ: a zip of named arrays. Pickled objects are never read; headers that lie and archives that swell are refused.

Which names are inputs and targets is told in `named_arrays`.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

from server_node.training.data.checks import AnyArray
from server_node.training.data.dataset import Dataset
from server_node.training.data.named_arrays import dataset_of_arrays
from server_node.training.data.npy_header import read_npy_header
from server_node.training.data.opened_file import open_file
from server_node.training.data.room import Room
from server_node.training.data.streams import array_from_stream
from server_node.training.data.zip_directory import check_zip_directory
from shared.dataset_options import FileFormat, FileOptions
from shared.did_you_mean import in_one_line, quoted
from shared.errors import BadData

SUFFIX = ".npy"
COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Those of NumPy; others may ask for much memory before they give anything."""


def load_npz(path: Path, name: str, room: Room, options: FileOptions, said: FileFormat | None = None) -> Dataset:
    """Read and check an NPZ file; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect.
    """
    try:
        with open_file(path, name) as file:
            check_zip_directory(file, name)
            with zipfile.ZipFile(file) as archive:
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
            f"{name}: expected a whole NPZ archive, got one that cannot be read ({in_one_line(error, 200)})"
        ) from error


def _load(archive: zipfile.ZipFile, name: str, room: Room, options: FileOptions, said: FileFormat | None) -> Dataset:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        member = info.filename.removesuffix(SUFFIX).lower()
        if member in members:
            raise BadData(f"{name}: expected each name once, whatever its case, got {quoted(member)} twice")
        members[member] = info

    def read(member: str) -> AnyArray:
        return _read_array(archive, members[member], f"{name}, array {member}", room)

    return dataset_of_arrays(name, members, read, room, options, said)


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, room: Room) -> AnyArray:
    if info.compress_type not in COMPRESSIONS:
        raise BadData(f"{name}: expected it stored or deflated as NumPy does, got compression {info.compress_type}")
    with archive.open(info) as file:
        header = read_npy_header(file, name)
        room.check(name, -(-header.values * max(header.dtype.itemsize, 4) // 4), f"its header {header.shape}")
        if info.file_size != header.file_bytes:
            raise BadData(f"{name}: expected {header.file_bytes:,} bytes by its header, got {info.file_size:,}")
        return array_from_stream(file, header.shape, header.dtype, name, room, is_fortran=header.is_fortran)
