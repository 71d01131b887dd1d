"""The formats of files, by name. To add one: a file with its loader, a line here, and its name in `FileFormat`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from server_node.training.data.cifar10 import load_cifar10
from server_node.training.data.csv_table import load_csv
from server_node.training.data.dataset import Dataset
from server_node.training.data.hdf5 import load_hdf5
from server_node.training.data.idx import load_idx
from server_node.training.data.image_folder import load_images
from server_node.training.data.npy import load_npy
from server_node.training.data.npz import load_npz
from server_node.training.data.parquet import load_parquet
from server_node.training.data.recognition import OF_FOLDERS, recognised_format, token_container
from server_node.training.data.room import Room
from server_node.training.data.text import load_text
from shared.dataset_options import FileFormat, FileOptions
from shared.errors import BadData


class FileLoader(Protocol):
    """Reads and checks one format.

    The arguments are the path, allowed to be read; what messages call it; where arrays may go; the options of the URI;
    and the format that was said, when that is not the loader's own: `tokens` for formats of arrays.
    """

    def __call__(
        self, path: Path, name: str, room: Room, options: FileOptions, said: FileFormat | None = None, /
    ) -> Dataset:
        """Give the dataset or raise `BadData` at the first defect."""
        ...


FILE_LOADERS: Mapping[FileFormat, FileLoader] = {
    FileFormat.NPZ: load_npz,
    FileFormat.NPY: load_npy,
    FileFormat.HDF5: load_hdf5,
    FileFormat.CSV: load_csv,
    FileFormat.PARQUET: load_parquet,
    FileFormat.IDX: load_idx,
    FileFormat.CIFAR10: load_cifar10,
    FileFormat.IMAGES: load_images,
    FileFormat.TEXT: load_text,
}


def loader_format(path: Path, name: str, said: FileFormat | None) -> FileFormat:
    """Give the format whose loader reads a path.

    Raises:
        BadData: when the path holds another kind of thing than the format that was said.
        OSError: when it cannot be read.
    """
    form = said or recognised_format(path, name)
    if form is FileFormat.TOKENS:
        form = token_container(path, name)
    if path.is_dir() and form not in OF_FOLDERS:
        raise BadData(f"{name}: expected a {form} file, got a folder", field="dataset")
    return form
