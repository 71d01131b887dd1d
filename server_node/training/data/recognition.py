"""Which format a file or folder has, by its first bytes and its name; said formats are believed and not looked up."""

from __future__ import annotations

from pathlib import Path

from server_node.training.data.image_folder import SUFFIXES as IMAGE_SUFFIXES
from server_node.training.data.npy_header import MAGIC as NPY_MAGIC
from server_node.training.data.opened_file import open_file
from shared.dataset_options import FileFormat
from shared.errors import BadData

MAGICS = {
    b"PK": FileFormat.NPZ,
    NPY_MAGIC: FileFormat.NPY,
    b"\x89HDF\r\n\x1a\n": FileFormat.HDF5,
    b"PAR1": FileFormat.PARQUET,
}
FOREIGN = {
    **{bytes([0x80, version]): "a Python pickle, which is never read; save NPZ instead" for version in range(2, 6)},
    b"\x1f\x8b": "a file packed by gzip; unpack it",
    b"BZh": "a file packed by bzip2; unpack it",
    b"\xfd7zXZ": "a file packed by xz; unpack it",
    b"\x28\xb5\x2f\xfd": "a file packed by zstd; unpack it",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
    b"\0\0\x08": "one IDX file; name its folder, which holds images and labels",
    b"ARROW1": "an Arrow file; save it as Parquet",
}
"""What people have, by its first bytes, and why it is none of ours."""
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
    "cifar-10-batches-*": FileFormat.CIFAR10,
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
        return _folder_format(path, name)
    with open_file(path, name) as file:
        beginning = file.read(512)
    if not beginning:
        raise BadData(f"{name}: expected a dataset, got an empty file", field="dataset")
    known = next((form for magic, form in MAGICS.items() if beginning.startswith(magic)), None)
    if known is not None:
        return known
    foreign = next((what for magic, what in FOREIGN.items() if beginning.startswith(magic)), None)
    if foreign is not None:
        raise BadData(f"{name}: expected a dataset, got {foreign}", field="dataset")
    if b"\0" not in beginning:
        return SUFFIXES.get(Path(name).suffix.lower(), FileFormat.CSV)
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


def _folder_format(path: Path, name: str) -> FileFormat:
    for pattern, form in FOLDER_PATTERNS.items():
        if next(path.glob(pattern), None) is not None:
            return form
    is_image = (file.suffix.lower() in IMAGE_SUFFIXES for file in path.glob("*/*"))
    is_split_image = (file.suffix.lower() in IMAGE_SUFFIXES for file in path.glob("*/*/*"))
    is_unlabelled = (file.suffix.lower() in IMAGE_SUFFIXES for file in path.glob("*"))
    if any(is_image) or any(is_split_image) or any(is_unlabelled):
        return FileFormat.IMAGES
    raise BadData(
        f"{name}: expected a folder of images, of IDX, CIFAR-10, NPY or .txt files, found none of these in it",
        field="dataset",
    )
