"""IDX, the format of MNIST: a folder of big-endian byte arrays, plain or gzipped.

Expected are `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and for the test split the same with `t10k-` or
`test-`; `.gz` may follow. Pixels are divided by 255 and get a channel axis.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from server_node.training.data.checks import RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.file_access import beside
from server_node.training.data.opened_file import open_file
from server_node.training.data.room import Room
from server_node.training.data.streams import array_from_stream
from shared.dataset_options import FileFormat, FileOptions
from shared.did_you_mean import in_one_line
from shared.errors import BadData

Bytes = npt.NDArray[np.uint8]
UNSIGNED_BYTE = 0x08
IMAGE_AXES, LABEL_AXES = 3, 1


def load_idx(folder: Path, name: str, room: Room, options: FileOptions, _said: FileFormat | None = None) -> Dataset:
    """Read and check a folder of IDX files; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect.
    """
    if not folder.is_dir():
        raise BadData(f"{name}: expected a folder with train-images-idx3-ubyte and train-labels-idx1-ubyte, got a file")
    train = _split(folder, name, "train", room, options)
    if train is None:
        raise BadData(f"{name}: expected train-images-idx3-ubyte (or .gz) in the folder, found none")
    test = _split(folder, name, "t10k", room, options) or _split(folder, name, "test", room, options)
    splits = {Split.TRAINING: train} if test is None else {Split.TRAINING: train, Split.TEST: test}
    return checked_dataset(name, splits, room, options)


def _split(folder: Path, name: str, split: str, room: Room, options: FileOptions) -> RawSplit | None:
    images = _find(folder, f"{split}-images", IMAGE_AXES)
    labels = _find(folder, f"{split}-labels", LABEL_AXES)
    if images is None and labels is None:
        return None
    if images is None or labels is None:
        missing = f"{split}-images-idx3-ubyte" if images is None else f"{split}-labels-idx1-ubyte"
        raise BadData(f"{name}: expected {missing} (or .gz) beside its partner, found none")
    pixels = _read(images, f"{name}, {images.name}", IMAGE_AXES, room)
    return RawSplit(
        pixels,
        None if options.reconstructs_input else _read(labels, f"{name}, {labels.name}", LABEL_AXES, room),
    )


def _find(folder: Path, stem: str, axes: int) -> Path | None:
    names = [f"{stem}{mark}idx{axes}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _read(path: Path, name: str, axes: int, room: Room) -> Bytes:
    found = beside(path.parent, path.name, name)
    try:
        with open_file(found, name) as file:
            content = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
            return _read_array(cast("IO[bytes]", content), name, axes, room)
    except (OSError, EOFError, zlib.error) as error:
        raise BadData(
            f"{name}: expected a whole file, got one that cannot be read ({in_one_line(error, 200)})"
        ) from error


def _read_array(file: IO[bytes], name: str, axes: int, room: Room) -> Bytes:
    shape = _read_header(file, name, axes)
    expected = math.prod(shape)
    room.check(name, expected, f"its header {shape}")
    found: Bytes = array_from_stream(file, shape, np.uint8, name, room)
    if file.read(1):
        raise BadData(f"{name}: expected {expected:,} bytes after its header {shape}, got more")
    return found


def _read_header(file: IO[bytes], name: str, axes: int) -> tuple[int, ...]:
    header_bytes = 4 + 4 * axes
    header = file.read(header_bytes)
    magic = (UNSIGNED_BYTE << 8) | axes
    if len(header) < header_bytes or int.from_bytes(header[:4], "big") != magic:
        raise BadData(
            f"{name}: expected the magic number {magic:#010x} and {axes} sizes, got {header[:4].hex() or 'nothing'}"
        )
    return struct.unpack(f">{axes}I", header[4:])
