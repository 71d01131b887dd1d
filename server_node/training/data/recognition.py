"""Which format a file or folder has, by its first bytes and its name; said formats are believed and not looked up."""

from __future__ import annotations

from pathlib import Path

from server_node.training.data.image_folder import SUFFIXES as IMAGE_SUFFIXES
from server_node.training.data.npy_header import MAGIC as NPY_MAGIC
from shared.dataset_options import FileFormat
from shared.errors import BadData

MAGICS = {
    b"PK": FileFormat.NPZ,
    NPY_MAGIC: FileFormat.NPY,
    b"\x89HDF\r\n\x1a\n": FileFormat.HDF5,
    b"PAR1": FileFormat.PARQUET,
}
SUFFIXES = {
    ".csv": FileFormat.CSV,
    ".txt": FileFormat.TEXT,
    ".text": FileFormat.TEXT,
    ".md": FileFormat.TEXT,
    ".py": FileFormat.TEXT,
}
FOLDER_PATTERNS = {
    "train*-images*": FileFormat.IDX,
    "train-labels*": FileFormat.IDX,
    "data_batch_*": FileFormat.CIFAR10,
    "cifar-10-batches-bin": FileFormat.CIFAR10,
    "*.npy": FileFormat.NPY,
    "*.txt": FileFormat.TEXT,
}
OF_FOLDERS = frozenset({FileFormat.IDX, FileFormat.CIFAR10, FileFormat.NPY, FileFormat.TEXT, FileFormat.IMAGES})
"""Formats that a folder can have; `tokens` is one of NPY."""


def recognised_format(path: Path, name: str) -> FileFormat:
    """Give the format of what lies at a path.

    Raises:
        BadData: when it is none that we know.
        OSError: when it cannot be read.
    """
    if path.is_dir():
        return _folder_format(path)
    with path.open("rb") as file:
        beginning = file.read(512)
    if not beginning:
        raise BadData(f"{name}: expected a dataset, got an empty file", field="dataset")
    known = next((form for magic, form in MAGICS.items() if beginning.startswith(magic)), None)
    if known is not None:
        return known
    if b"\0" not in beginning:
        return SUFFIXES.get(path.suffix.lower(), FileFormat.CSV)
    raise BadData(
        f"{name}: expected one of {', '.join(FileFormat)}, got something else; say which by ?format=", field="dataset"
    )


def token_container(path: Path, name: str) -> FileFormat:
    """Give the format that holds the arrays of a dataset said to be `tokens`.

    Raises:
        BadData: when it holds no arrays.
    """
    found = recognised_format(path, name)
    if found not in {FileFormat.NPY, FileFormat.NPZ, FileFormat.HDF5}:
        raise BadData(f"{name}: expected token numbers in NPY, NPZ or HDF5, got {found}", field="dataset")
    return found


def _folder_format(path: Path) -> FileFormat:
    for pattern, form in FOLDER_PATTERNS.items():
        if next(path.glob(pattern), None) is not None:
            return form
    is_image = (file.suffix.lower() in IMAGE_SUFFIXES for file in path.glob("*/*"))
    is_split_image = (file.suffix.lower() in IMAGE_SUFFIXES for file in path.glob("*/*/*"))
    is_unlabelled = (file.suffix.lower() in IMAGE_SUFFIXES for file in path.glob("*"))
    are_images = any(is_image) or any(is_split_image) or any(is_unlabelled)
    return FileFormat.IMAGES if are_images else FileFormat.IDX
