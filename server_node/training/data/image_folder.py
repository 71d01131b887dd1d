"""A folder of images by class: one folder a class, named after it; classes are numbered in alphabetical order.

`train`, `val` and `test` above them are splits. A folder without such folders holds images without a class, to predict
for. Images are grey when every one of them is, else they have three
channels; they have one size, or are brought to the one that `?height=` and `?width=` say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from server_node.training.data.checks import RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.file_access import beside
from server_node.training.data.named_arrays import SPLIT_WORDS
from server_node.training.data.optional_library import optional_library
from server_node.training.data.room import Room
from shared.dataset_options import FileFormat, FileOptions
from shared.errors import BadData

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".pgm", ".ppm", ".tif", ".tiff"})
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
GREY_MODES = frozenset({"1", "L", "I;16", "LA"})
MOST_PIXELS = 64 * 2**20
"""Of one image as it is stored, so that a small file cannot ask for much."""


def load_images(path: Path, name: str, room: Room, options: FileOptions, _said: FileFormat | None = None) -> Dataset:
    """Read and check a folder of images; see `FILE_LOADERS` for the arguments.

    Raises:
        BadData: at the first defect, naming the file.
    """
    if not path.is_dir():
        raise BadData(f"{name}: expected a folder with one folder of images a class, got a file")
    pillow = optional_library("PIL.Image", "a folder of images", name)
    if not options.has_target or not _folders(path):
        return _unlabelled(path, name, pillow, room, options)
    folders = _split_folders(path)
    classes = sorted({folder.name for root in folders.values() for folder in _folders(root)})
    files = {split: _files(root, name, classes) for split, root in folders.items()}
    shape = _common_shape([file for found in files.values() for file in found], name, pillow, options)
    room.check(name, sum(len(found) for found in files.values()) * shape.values)
    splits = {split: _read(found, name, pillow, shape, room, options) for split, found in files.items()}
    return replace(checked_dataset(name, splits, room, options), class_names=tuple(classes))


def _unlabelled(path: Path, name: str, pillow: Any, room: Room, options: FileOptions) -> Dataset:
    """Read the images of a folder and of all below it, in the order of their names, as data to predict for."""
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not found:
        raise BadData(f"{name}: expected images, or folders of images, one a class, found no image")
    called = [file.relative_to(path).as_posix() for file in found]
    files = [_File(beside(path, inside, f"{name}, {inside}"), f"{name}, {inside}", 0) for inside in called]
    shape = _common_shape(files, name, pillow, options)
    room.check(name, len(files) * shape.values)
    raw = _read(files, name, pillow, shape, room, options)
    return checked_dataset(name, {Split.TRAINING: replace(raw, targets=None, has_targets=False)}, room, options)


@dataclass(frozen=True, slots=True)
class _File:
    """One image: where it is, what messages call it, and its class."""

    path: Path
    name: str
    label: int


@dataclass(frozen=True, slots=True)
class _ImageShape:
    """What every image becomes."""

    height: int
    width: int
    channels: int

    @property
    def values(self) -> int:
        """Numbers of one image."""
        return self.height * self.width * self.channels


def _folders(root: Path) -> list[Path]:
    return sorted(folder for folder in root.iterdir() if folder.is_dir() and not folder.name.startswith("."))


def _split_folders(root: Path) -> dict[Split, Path]:
    by_name = {folder.name.lower(): folder for folder in _folders(root)}
    found = {
        split: next((by_name[word] for word in words if word in by_name), None) for split, words in SPLIT_WORDS.items()
    }
    if found[Split.TRAINING] is None:
        return {Split.TRAINING: root}
    return {split: folder for split, folder in found.items() if folder is not None}


def _files(root: Path, name: str, classes: Sequence[str]) -> list[_File]:
    labels = {class_name: label for label, class_name in enumerate(classes)}
    files = [
        _File(beside(root, f"{folder.name}/{file.name}", f"{name}, {folder.name}/{file.name}"), file.name, label)
        for folder in _folders(root)
        for label in [labels[folder.name]]
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in SUFFIXES
    ]
    if not files:
        raise BadData(f"{name}: expected folders of images in {root.name}, one a class, found no image")
    return [_File(file.path, f"{name}, {file.path.parent.name}/{file.name}", file.label) for file in files]


def _common_shape(files: Sequence[_File], name: str, pillow: Any, options: FileOptions) -> _ImageShape:
    is_resized = options.height is not None and options.width is not None
    first: tuple[int, int] | None = None
    are_grey = True
    for file in files:
        with _opened(file, pillow) as image:
            first = first or image.size
            are_grey = are_grey and image.mode in GREY_MODES
            if image.size != first and not is_resized:
                raise BadData(
                    f"{file.name}: expected every image of {name} to have {first[0]}×{first[1]} pixels as the first, "
                    f"got {image.size[0]}×{image.size[1]}; say ?height= and ?width= to bring them to one size"
                )
    assert first is not None, "a split without an image was refused"
    return _ImageShape(options.height or first[1], options.width or first[0], 1 if are_grey else 3)


def _opened(file: _File, pillow: Any) -> Any:
    try:
        image = pillow.open(file.path, formats=FORMATS)
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        raise BadData(f"{file.name}: expected an image, got something else ({str(error)[:200]})") from error
    if image.width * image.height > MOST_PIXELS:
        image.close()
        raise BadData(f"{file.name}: expected at most {MOST_PIXELS:,} pixels, got {image.width}×{image.height}")
    return image


def _read(
    files: Sequence[_File], name: str, pillow: Any, shape: _ImageShape, room: Room, options: FileOptions
) -> RawSplit:
    pixels = room.array(name, (len(files), shape.height, shape.width, shape.channels), np.uint8)
    for row, file in zip(pixels, files, strict=True):
        row[...] = _decoded(file, pillow, shape)
    labels = np.array([file.label for file in files], np.int32)
    return RawSplit(pixels, None if options.reconstructs_input else labels)


def _decoded(file: _File, pillow: Any, shape: _ImageShape) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with _opened(file, pillow) as image:
        try:
            plain = image.convert("L" if shape.channels == 1 else "RGB")
        except (OSError, SyntaxError, ValueError) as error:
            raise BadData(f"{file.name}: expected a whole image, got one that cannot be read ({error})") from error
    if plain.size != (shape.width, shape.height):
        plain = plain.resize((shape.width, shape.height), pillow.Resampling.BILINEAR)
    return np.asarray(plain, np.uint8).reshape(shape.height, shape.width, shape.channels)
