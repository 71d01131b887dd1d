"""CIFAR-10 in its binary form: records of one label and 3,072 pixels, channels first, in a file or a folder of them.

A folder holds `data_batch_1.bin` to `data_batch_5.bin`, and `test_batch.bin` for the test split. The pickled form of
the same data is never read.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from server_node.training.data.checks import RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.file_access import beside
from server_node.training.data.opened_file import open_file
from server_node.training.data.room import Room, blocks
from shared.dataset_options import FileFormat, FileOptions
from shared.errors import BadData

SIDE, CHANNELS, CLASSES = 32, 3, 10
PIXELS = SIDE * SIDE * CHANNELS
RECORD_BYTES = 1 + PIXELS
INNER_FOLDER = "cifar-10-batches-bin"


def load_cifar10(path: Path, name: str, room: Room, options: FileOptions, _said: FileFormat | None = None) -> Dataset:
    """Read and check CIFAR-10; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect.
    """
    try:
        return checked_dataset(name, _splits(path, name, room, options), room, options)
    except OSError as error:
        raise BadData(f"{name}: expected readable files, got {error.strerror}") from error


def _splits(path: Path, name: str, room: Room, options: FileOptions) -> dict[Split, RawSplit]:
    if not path.is_dir():
        return {Split.TRAINING: _read([path], name, room, options)}
    folder = path / INNER_FOLDER if (path / INNER_FOLDER).is_dir() else path
    train = [beside(path, str(file.relative_to(path)), name) for file in sorted(folder.glob("data_batch_*.bin"))]
    if not train:
        raise BadData(
            f"{name}: expected data_batch_1.bin and on in the folder, found none; pickled batches are not read"
        )
    splits = {Split.TRAINING: _read(train, name, room, options)}
    if (folder / "test_batch.bin").is_file():
        test = beside(path, str((folder / "test_batch.bin").relative_to(path)), name)
        splits[Split.TEST] = _read([test], name, room, options)
    return splits


def _read(files: Sequence[Path], name: str, room: Room, options: FileOptions) -> RawSplit:
    counts = [_records(file, f"{name}, {file.name}") for file in files]
    room.check(name, sum(counts) * PIXELS)
    pixels = room.array(name, (sum(counts), SIDE, SIDE, CHANNELS), np.uint8)
    labels, start = np.empty(sum(counts), np.uint8), 0
    for file, count in zip(files, counts, strict=True):
        with open_file(file, f"{name}, {file.name}") as opened:
            if os.fstat(opened.fileno()).st_size != count * RECORD_BYTES:
                raise BadData(f"{name}, {file.name}: expected a file that stays as it is, got one that was written to")
            records = np.memmap(opened, np.uint8, "r", shape=(count, RECORD_BYTES))
        for part in blocks(count, RECORD_BYTES):
            rows = slice(start + part.start, start + part.stop)
            labels[rows] = records[part, 0]
            pixels[rows] = records[part, 1:].reshape(-1, CHANNELS, SIDE, SIDE).transpose(0, 2, 3, 1)
        start += count
    highest = int(labels.max())
    if highest >= CLASSES:
        row = int(labels.argmax())
        raise BadData(f"{name}: expected labels from 0 to {CLASSES - 1}, got {highest} at example {row}")
    return RawSplit(pixels, None if options.reconstructs_input else labels)


def _records(file: Path, name: str) -> int:
    size = file.stat().st_size
    if size == 0 or size % RECORD_BYTES:
        raise BadData(f"{name}: expected records of {RECORD_BYTES:,} bytes, got {size:,} bytes in all")
    return size // RECORD_BYTES
