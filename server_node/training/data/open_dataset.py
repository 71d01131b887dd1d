"""From a dataset URI to arrays on a device: which loader reads it, and under which key the result is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import jax

from server_node.training.data.dataset import Dataset
from server_node.training.data.device_dataset import DeviceDataset, HostDataset, put_on_device
from server_node.training.data.digits import load_digits
from server_node.training.data.file_access import allowed_path, file_stamp
from server_node.training.data.file_loaders import FILE_LOADERS, loader_format
from server_node.training.data.recognition import SUFFIXES
from server_node.training.data.room import Room
from server_node.training.data.synthetic import make_synthetic
from server_node.training.data.window_reader import is_fed
from server_node.training.environment import TrainingEnvironment
from server_node.training.stopping import ShouldStop, never_stop
from shared.dataset_options import FileFormat, FileOptions
from shared.dataset_uri import ArtifactDataset, BuiltinDataset, FileDataset, RemoteDataset, parse_dataset_uri
from shared.errors import BadData, NotSupported
from shared.trained_on import UNKNOWN, TrainedOn


@dataclass(frozen=True, slots=True)
class Opening:
    """How to load a dataset, and the text under which the loaded one is kept."""

    key: str
    load: Callable[[], Dataset]


def open_dataset(
    uri: str,
    environment: TrainingEnvironment,
    device: jax.Device,
    should_stop: ShouldStop,
    *,
    model: TrainedOn = UNKNOWN,
) -> DeviceDataset | HostDataset:
    """Give the dataset of a URI, on a device where it fits there, loaded at most once while it stays the same.

    Args:
        uri: of what.
        environment: where it may lie, and where loaded ones are kept.
        device: where it goes.
        should_stop: asked while someone else loads it.
        model: what the finished model that it is read for takes numbers to mean.

    Raises:
        InvalidField: when the URI is none.
        BadData: when there is anything wrong with what it names.
        TrainingStopped: when asked to stop while someone else loads it.
    """
    opening = find_dataset(uri, environment, should_stop, model=model)

    def make() -> DeviceDataset | HostDataset:
        dataset = opening.load()
        if is_fed(dataset.form, environment.space, environment.datasets.limit_bytes):
            return HostDataset(dataset.form, dataset)
        return put_on_device(dataset, device)

    return environment.datasets.get(f"{device}|{opening.key}", make, should_stop)


def find_dataset(
    uri: str, environment: TrainingEnvironment, should_stop: ShouldStop = never_stop, *, model: TrainedOn = UNKNOWN
) -> Opening:
    """Find what a URI names, without reading its content; a file elsewhere is fetched first.

    Raises:
        InvalidField: when the URI is none.
        BadData: when nothing that may be read is there.
        MachineFailure: when a file elsewhere cannot be fetched now.
        TrainingStopped: when asked to stop while fetching.
    """
    parsed = parse_dataset_uri(uri)
    match parsed:
        case BuiltinDataset():
            return Opening(uri, partial(load_digits, reconstructs_input=parsed.reconstructs_input))
        case FileDataset():
            path = allowed_path(parsed.path, environment.data_roots)
            return _file_opening(_File(path, path.name, parsed.format, parsed.options), environment, model)
        case ArtifactDataset():
            name = f"artifact sha256:{parsed.sha256[:12]}…"
            with _readable(name):
                path = environment.artifact_path(parsed.sha256)
            return _file_opening(_File(path, name, parsed.format, parsed.options), environment, model)
        case RemoteDataset():
            return _file_opening(_fetched(parsed, environment, should_stop), environment, model)
        case _:
            limit = environment.datasets.limit_bytes
            return Opening(repr(parsed), lambda: make_synthetic(parsed, uri, limit))


@dataclass(frozen=True, slots=True)
class _File:
    """A file or folder to be read: where, what messages call it, and how."""

    path: Path
    name: str
    said: FileFormat | None
    options: FileOptions


def _fetched(remote: RemoteDataset, environment: TrainingEnvironment, should_stop: ShouldStop) -> _File:
    copies = environment.space.remote
    if copies is None:
        raise NotSupported(f"{remote.url}: this node keeps no copies of files elsewhere", field="dataset")
    copy = copies.fetch(remote.url, should_stop, remote.secret)
    said = remote.format or SUFFIXES.get(Path(copy.name).suffix.lower())
    return _File(copy.path, copy.name, said, remote.options)


def _file_opening(file: _File, environment: TrainingEnvironment, model: TrainedOn) -> Opening:
    space, options = environment.space, replace(file.options, model=model)
    room = Room(environment.datasets.limit_bytes, space.mapped_bytes, space.folder)
    with _readable(file.name):
        form = loader_format(file.path, file.name, file.said)
        stamp = file_stamp(file.path)

    def load() -> Dataset:
        return FILE_LOADERS[form](file.path, file.name, room, options, file.said)

    return Opening(f"{form}|{file.path}|{stamp}|{file.said}|{options}", load)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadData(f"{name}: expected a readable file, got {error}", field="dataset") from error
