"""From a dataset URI to arrays on a device: which loader reads it, and under which key the result is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import jax

from server_node.training.data.csv_table import load_csv
from server_node.training.data.dataset import Dataset
from server_node.training.data.device_dataset import DeviceDataset, put_on_device
from server_node.training.data.digits import load_digits
from server_node.training.data.file_access import allowed_path, file_stamp
from server_node.training.data.idx import load_idx
from server_node.training.data.npz import load_npz
from server_node.training.data.synthetic import make_synthetic
from server_node.training.environment import TrainingEnvironment
from server_node.training.stopping import ShouldStop
from shared.dataset_uri import ArtifactDataset, BuiltinDataset, FileDataset, FileFormat, parse_dataset_uri
from shared.errors import BadData
from shared.synthetic_dataset import (
    SyntheticClassification,
    SyntheticImages,
    SyntheticRegression,
    SyntheticSequences,
    SyntheticTokens,
)

FILE_LOADERS: dict[FileFormat, Callable[[Path, str, int], Dataset]] = {
    FileFormat.NPZ: load_npz,
    FileFormat.CSV: load_csv,
    FileFormat.IDX: load_idx,
}
"""By format; each takes the path, what messages call it, and the most bytes its arrays may take."""
ZIP_MAGIC = b"PK"


@dataclass(frozen=True, slots=True)
class Opening:
    """How to load a dataset, and the text under which the loaded one is kept."""

    key: str
    load: Callable[[], Dataset]


def open_dataset(
    uri: str, environment: TrainingEnvironment, device: jax.Device, should_stop: ShouldStop
) -> DeviceDataset:
    """Give the dataset of a URI on a device, loaded at most once while it stays the same.

    Raises:
        InvalidField: when the URI is none.
        BadData: when there is anything wrong with what it names.
        TrainingStopped: when asked to stop while someone else loads it.
    """
    opening = find_dataset(uri, environment)

    def make() -> DeviceDataset:
        return put_on_device(opening.load(), device)

    return environment.datasets.get(f"{device}|{opening.key}", make, should_stop)


def find_dataset(uri: str, environment: TrainingEnvironment) -> Opening:
    """Find what a URI names, without reading its content."""
    limit = environment.datasets.limit_bytes
    parsed = parse_dataset_uri(uri)
    match parsed:
        case BuiltinDataset():
            return Opening(uri, load_digits)
        case FileDataset():
            path = allowed_path(parsed.path, environment.data_roots)
            with _readable(path.name):
                return _file_opening(path, parsed.format, path.name, limit)
        case ArtifactDataset():
            name = f"artifact sha256:{parsed.sha256[:12]}…"
            with _readable(name):
                return _file_opening(environment.artifact_path(parsed.sha256), parsed.format, name, limit)
        case (
            SyntheticClassification()
            | SyntheticRegression()
            | SyntheticImages()
            | SyntheticSequences()
            | SyntheticTokens()
        ):
            return Opening(repr(parsed), lambda: make_synthetic(parsed, uri, limit))
        case _:
            assert_never(parsed)


def _file_opening(path: Path, said: FileFormat | None, name: str, limit_bytes: int) -> Opening:
    form = said or _recognised_format(path, name)
    if form is not FileFormat.IDX and path.is_dir():
        raise BadData(f"{name}: expected a {form} file, got a folder", field="dataset")
    return Opening(key=f"{form}|{path}|{file_stamp(path)}", load=lambda: FILE_LOADERS[form](path, name, limit_bytes))


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadData(f"{name}: expected a readable file, got {error}", field="dataset") from error


def _recognised_format(path: Path, name: str) -> FileFormat:
    if path.is_dir():
        return FileFormat.IDX
    with path.open("rb") as file:
        beginning = file.read(512)
    if beginning.startswith(ZIP_MAGIC):
        return FileFormat.NPZ
    if beginning and b"\0" not in beginning:
        return FileFormat.CSV
    if not beginning:
        raise BadData(f"{name}: expected a dataset, got an empty file", field="dataset")
    raise BadData(
        f"{name}: expected NPZ, CSV or a folder of IDX files, got something else; say which by ?format=",
        field="dataset",
    )
