"""HDF5: named arrays in one file, read in parts; which are inputs and targets is told in `named_arrays`.

Links to other files, external storage and virtual arrays are never followed: they could name any file of the node.
"""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Any

from server_node.training.data.checks import AnyArray
from server_node.training.data.dataset import Dataset
from server_node.training.data.hdf5_chunks import check_chunks
from server_node.training.data.named_arrays import dataset_of_arrays
from server_node.training.data.opened_file import name_of_opened, open_file
from server_node.training.data.optional_library import optional_library
from server_node.training.data.room import Room, blocks
from shared.dataset_options import FileFormat, FileOptions
from shared.did_you_mean import in_one_line, quoted
from shared.errors import BadData

MOST_ARRAYS = 10_000


def load_hdf5(path: Path, name: str, room: Room, options: FileOptions, said: FileFormat | None = None) -> Dataset:
    """Read and check an HDF5 file; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect.
    """
    h5py = optional_library("h5py", "HDF5", name)
    try:
        with open_file(path, name) as opened, h5py.File(name_of_opened(opened, path), "r") as file:
            members = _arrays_in(file, name, h5py)

            def read(member: str) -> AnyArray:
                return _read(members[member], f"{name}, array {member}", room)

            return dataset_of_arrays(name, members, read, room, options, said)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeDecodeError, zlib.error) as error:
        raise BadData(
            f"{name}: expected a whole HDF5 file, got one that cannot be read ({in_one_line(error, 200)})"
        ) from error


def _arrays_in(file: Any, name: str, h5py: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def take(member: str, item: Any) -> None:
        if len(found) >= MOST_ARRAYS:
            raise BadData(f"{name}: expected at most {MOST_ARRAYS:,} arrays, got more")
        if isinstance(item, h5py.Dataset):
            if member.lower() in found:
                raise BadData(f"{name}: expected each name once, whatever its case, got {quoted(member)} twice")
            found[member.lower()] = item

    file.visititems(take)
    return found


def _read(array: Any, name: str, room: Room) -> AnyArray:
    if array.is_virtual or array.external:
        raise BadData(f"{name}: expected its numbers in this file, got an array whose numbers are in others")
    if array.dtype.kind not in "fiub" or array.shape is None:
        raise BadData(f"{name}: expected an array of numbers, got type {array.dtype}")
    shape = tuple(int(size) for size in array.shape)
    row_bytes = math.prod(shape[1:]) * max(array.dtype.itemsize, 4)
    if not shape:
        raise BadData(f"{name}: expected an array of examples, got a single number")
    room.check(name, shape[0] * row_bytes // 4, f"its shape {shape}")
    check_chunks(array, name)
    target = room.array(name, shape, array.dtype.newbyteorder("="))
    for part in blocks(shape[0], row_bytes):
        target[part] = array[part]
    return target
