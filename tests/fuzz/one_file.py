"""What must hold of any bytes that are given to the parser of a format."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from server_node.training.data.file_loaders import FILE_LOADERS
from server_node.training.data.room import Room
from shared.dataset_options import FileFormat, FileOptions, Vocabulary
from shared.errors import UserMistake
from tests.server_node.training.data.samples import (
    LABELS,
    PICTURES,
    TABLE,
    cifar_bytes,
    csv_bytes,
    hdf5_bytes,
    idx_bytes,
    npy_content,
    npz_bytes,
    parquet_bytes,
    png_bytes,
    text_bytes,
)

SMALL = Room(memory_bytes=100_000)
LONGEST_SENTENCE = 1_000
SEEDS: Mapping[FileFormat, Callable[[], bytes]] = {
    FileFormat.NPZ: npz_bytes,
    FileFormat.NPY: lambda: npy_content(TABLE),
    FileFormat.HDF5: hdf5_bytes,
    FileFormat.CSV: csv_bytes,
    FileFormat.PARQUET: parquet_bytes,
    FileFormat.IDX: lambda: idx_bytes(PICTURES),
    FileFormat.CIFAR10: cifar_bytes,
    FileFormat.IMAGES: lambda: png_bytes(PICTURES[0]),
    FileFormat.TEXT: text_bytes,
    FileFormat.TOKENS: lambda: npy_content(np.arange(120) % 9),
}
"""A good file of every format; of folders, the one file that is damaged."""


def check_file(
    form: FileFormat,
    content: bytes,
    folder: Path,
    vocabulary: Vocabulary = Vocabulary.BYTES,
    *,
    is_packed: bool = False,
) -> None:
    """Let the parser read the content, and say by an AssertionError what it did wrong.

    Args:
        form: whose parser.
        content: of the file.
        folder: where it is written, over what the last call wrote.
        vocabulary: of a text.
        is_packed: whether the file of `idx` is named as one that gzip packed.
    """
    path = _written(form, content, folder, is_packed=is_packed)
    loader = FILE_LOADERS[FileFormat.NPY if form is FileFormat.TOKENS else form]
    options = FileOptions(sequence=8, vocabulary=vocabulary)
    try:
        data = loader(path, "data", SMALL, options, form)
    except UserMistake as mistake:
        _check_sentence(mistake.message)
        return
    assert data.inputs.shape[0] == data.targets.shape[0] > 0
    assert np.isfinite(data.inputs).all()
    assert np.isfinite(data.targets).all()
    assert data.inputs.nbytes <= SMALL.memory_bytes


def _check_sentence(message: str) -> None:
    assert message.startswith("data"), message
    assert len(message) < LONGEST_SENTENCE, message
    assert message.isprintable(), message


def _written(form: FileFormat, content: bytes, folder: Path, *, is_packed: bool) -> Path:
    match form:
        case FileFormat.IMAGES:
            path, target = folder / "images" / "a" / "1.png", folder / "images"
        case FileFormat.IDX:
            target = folder / ("packed" if is_packed else "idx")
            path = target / f"train-images-idx3-ubyte{'.gz' if is_packed else ''}"
        case _:
            path = target = folder / str(form)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if form is FileFormat.IDX:
        (target / "train-labels-idx1-ubyte").write_bytes(idx_bytes(LABELS))
    return target
