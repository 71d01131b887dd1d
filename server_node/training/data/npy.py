"""NPY: one array, mapped into memory and never read whole.

A table `(examples, columns)` has its target in the last column, other arrays have none. Beside that, `?target=y.npy`
names a file in the same folder, `?target=input` asks for reconstruction, `?format=tokens` takes token numbers, and a
folder holds arrays under the names of `named_arrays`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Literal

import numpy as np

from server_node.training.data.checks import AnyArray, RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.file_access import beside
from server_node.training.data.named_arrays import dataset_of_arrays
from server_node.training.data.npy_header import NpyHeader, read_npy_header
from server_node.training.data.opened_file import open_file
from server_node.training.data.room import Room
from server_node.training.data.tables import split_columns
from server_node.training.data.token_rows import token_splits
from shared.dataset_options import FileFormat, FileOptions
from shared.errors import BadData

SUFFIX = ".npy"


def load_npy(path: Path, name: str, room: Room, options: FileOptions, said: FileFormat | None = None) -> Dataset:
    """Map and check an NPY file or a folder of them; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect.
    """
    if path.is_dir():
        return _load_folder(path, name, room, options, said)
    array = mapped_npy(path, name)
    if said is FileFormat.TOKENS:
        raw = {Split.TRAINING: RawSplit(array, _targets_beside(path, name, options))}
        return checked_dataset(name, token_splits(name, raw, options), room, options, are_tokens=True)
    return checked_dataset(name, {Split.TRAINING: _split(path, name, array, room, options)}, room, options)


def mapped_npy(path: Path, name: str) -> AnyArray:
    """Map an NPY file, once its length is what its header says.

    Raises:
        BadData: when it is no array of numbers, or longer or shorter.
    """
    with open_file(path, name) as file:
        header = read_npy_header(file, name)
        size = os.fstat(file.fileno()).st_size
        if size != header.file_bytes:
            raise BadData(f"{name}: expected {header.file_bytes:,} bytes by its header {header.shape}, got {size:,}")
        if header.values == 0:
            return np.empty(header.shape, header.dtype)
        return _mapped(file, header, name)


def _mapped(file: IO[bytes], header: NpyHeader, name: str) -> AnyArray:
    order: Literal["C", "F"] = "F" if header.is_fortran else "C"
    try:
        mapped: AnyArray = np.memmap(file, header.dtype, "r", header.header_bytes, header.shape, order)
    except OSError as error:
        raise BadData(f"{name}: expected a file that can be mapped into memory, got {error.strerror}") from error
    return mapped


def _load_folder(path: Path, name: str, room: Room, options: FileOptions, said: FileFormat | None) -> Dataset:
    files = {file.name.removesuffix(SUFFIX).lower(): file for file in sorted(path.glob(f"*{SUFFIX}"))}

    def read(member: str) -> AnyArray:
        called = f"{name}, {files[member].name}"
        return mapped_npy(beside(path, files[member].name, called), called)

    return dataset_of_arrays(name, files, read, room, options, said)


def _split(path: Path, name: str, array: AnyArray, room: Room, options: FileOptions) -> RawSplit:
    if options.target is not None:
        return RawSplit(array, _targets_beside(path, name, options))
    if array.ndim < 2:
        raise BadData(f"{name}: expected a table (examples, columns) or an array of examples, got shape {array.shape}")
    if array.ndim != 2 or array.shape[1] < 2:
        return RawSplit(array, None, has_targets=False)
    return split_columns(name, array, array.shape[1] - 1, room, is_named_label=False)


def _targets_beside(path: Path, name: str, options: FileOptions) -> AnyArray | None:
    if options.target is None or options.reconstructs_input or not options.has_target:
        return None
    called = f"{name}, {options.target}"
    return mapped_npy(beside(path.parent, options.target, called), called)
