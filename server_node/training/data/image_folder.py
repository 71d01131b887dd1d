"""A folder of images by class: one folder a class, named after it; classes are numbered in alphabetical order.

`train`, `val` and `test` above them are splits. A folder without such folders holds images without a class, to predict
for. Images lie in the folder of their class at any depth; what is no image by its name is left out. They are grey when
every one of them is, else they have three channels; they have one size, or are brought to the one that `?height=` and
`?width=` say. They stand as their EXIF orientation says, 16-bit greys are brought to 8 bits, transparency is dropped,
and of an animation the first picture is taken.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from server_node.training.data.checks import RawSplit, Split, checked_dataset
from server_node.training.data.dataset import Dataset
from server_node.training.data.file_access import beside
from server_node.training.data.named_arrays import SPLIT_WORDS
from server_node.training.data.opened_file import open_file
from server_node.training.data.optional_library import optional_library
from server_node.training.data.room import Room
from shared.dataset_options import FileFormat, FileOptions
from shared.did_you_mean import did_you_mean, in_one_line, quoted
from shared.errors import BadData

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".pgm", ".ppm", ".tif", ".tiff"})
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
GREY_MODES = frozenset({"1", "L", "I;16", "I;16L", "I;16B", "LA", "La"})
WIDE_MODES = frozenset({"I", "F"})
"""Of 32 bits: nobody can tell which of their numbers is white."""
ORIENTATION, SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})
NOT_AN_IMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
)
"""What Pillow raises for images that are none."""
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
    found_classes = sorted({folder.name for root in folders.values() for folder in _folders(root)})
    known = options.model.class_names
    classes = known or found_classes
    _check_known(found_classes, known, name)
    files = {split: _files(root, name, classes) for split, root in folders.items()}
    if not known:
        _check_classes(files[Split.TRAINING], classes, name)
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
        _File(beside(root, place, called), called, labels[folder.name])
        for folder in _folders(root)
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in SUFFIXES
        for place in [str(file.relative_to(root))]
        for called in [f"{name}, {in_one_line(place)}"]
    ]
    if not files:
        raise BadData(f"{name}: expected folders of images in {root.name}, one a class, found no image")
    return files


def _check_known(found: Sequence[str], known: Sequence[str], name: str) -> None:
    other = next((class_name for class_name in found if known and class_name not in known), None)
    if other is not None:
        raise BadData(
            f"{name}: expected classes that the model was trained on, got {quoted(other)}{did_you_mean(other, known)}"
        )


def _check_classes(files: Sequence[_File], classes: Sequence[str], name: str) -> None:
    found = {file.label for file in files}
    without = next((class_name for label, class_name in enumerate(classes) if label not in found), None)
    if without is not None:
        raise BadData(f"{name}: expected training images of every class, found none of {quoted(without)}")


def _common_shape(files: Sequence[_File], name: str, pillow: Any, options: FileOptions) -> _ImageShape:
    is_resized = options.height is not None and options.width is not None
    first: tuple[int, int] | None = None
    are_grey = True
    for file in files:
        with _opened(file, pillow) as image:
            size = _upright_size(image)
            first = first or size
            are_grey = are_grey and image.mode in GREY_MODES
            if size != first and not is_resized:
                raise BadData(
                    f"{file.name}: expected every image of {name} to have {first[0]}×{first[1]} pixels as the first, "
                    f"got {size[0]}×{size[1]}; say ?height= and ?width= to bring them to one size"
                )
    assert first is not None, "a split without an image was refused"
    return _ImageShape(options.height or first[1], options.width or first[0], 1 if are_grey else 3)


def _upright_size(image: Any) -> tuple[int, int]:
    return (image.height, image.width) if _orientation(image) in SIDEWAYS else (image.width, image.height)


def _orientation(image: Any) -> int:
    """Give the EXIF orientation; 1 where there is none, and for TIFF, which Pillow turns by itself.

    Pillow would unpack a PNG whole to look for EXIF behind its pixels, so there it counts only where it is in front.
    """
    if image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info):
        return 1
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except NOT_AN_IMAGE:
        return 1


@contextmanager
def _opened(file: _File, pillow: Any) -> Iterator[Any]:
    """Give an image whose header has been read and is none of a size, or kind, that we cannot take."""
    with open_file(file.path, file.name) as content:
        try:
            image = pillow.open(content, formats=FORMATS)
        except (*NOT_AN_IMAGE, pillow.DecompressionBombError) as error:
            raise BadData(f"{file.name}: expected an image, got something else ({in_one_line(error, 200)})") from error
        with image:
            if image.width * image.height > MOST_PIXELS:
                raise BadData(f"{file.name}: expected at most {MOST_PIXELS:,} pixels, got {image.width}×{image.height}")
            if image.mode in WIDE_MODES:
                raise BadData(f"{file.name}: expected 8 or 16 bits a pixel and channel, got 32 ({image.mode})")
            yield image


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
            plain = _turned(_in_8_bits(image, pillow), _orientation(image), pillow)
            plain = plain.convert("L" if shape.channels == 1 else "RGB")
        except (*NOT_AN_IMAGE, pillow.DecompressionBombError) as error:
            raise BadData(
                f"{file.name}: expected a whole image, got one that cannot be read ({in_one_line(error, 200)})"
            ) from error
    if plain.size != (shape.width, shape.height):
        plain = plain.resize((shape.width, shape.height), pillow.Resampling.BILINEAR)
    return np.asarray(plain, np.uint8).reshape(shape.height, shape.width, shape.channels)


def _in_8_bits(image: Any, pillow: Any) -> Any:
    """Bring greys of 16 bits to 8, 65535 to 255; Pillow's own conversion would cut off what is above 255."""
    if not image.mode.startswith("I;16"):
        return image
    wide = np.asarray(image).astype(np.uint32)
    return pillow.fromarray(((wide + 128) // 257).astype(np.uint8))


def _turned(image: Any, orientation: int, pillow: Any) -> Any:
    """Turn and mirror an image to stand as it was taken."""
    turns = pillow.Transpose
    moves = {
        2: turns.FLIP_LEFT_RIGHT,
        3: turns.ROTATE_180,
        4: turns.FLIP_TOP_BOTTOM,
        5: turns.TRANSPOSE,
        6: turns.ROTATE_270,
        7: turns.TRANSVERSE,
        8: turns.ROTATE_90,
    }
    return image.transpose(moves[orientation]) if orientation in moves else image
