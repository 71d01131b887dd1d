"""A dataset where training needs it: on one device whole, or on the host, to be fed to the device in windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset import Dataset
from server_node.training.data.dataset_form import DatasetForm
from server_node.training.data.room import aligned_array
from server_node.training.steps import Source


@dataclass(frozen=True, slots=True)
class DeviceDataset:
    """The arrays belong to everyone who holds them and are never written or donated."""

    form: DatasetForm
    source: Source

    @property
    def size_bytes(self) -> int:
        """What its arrays take."""
        return sum(int(leaf.nbytes) for leaf in {id(leaf): leaf for leaf in jax.tree.leaves(self.source)}.values())


@dataclass(frozen=True, slots=True)
class HostDataset:
    """A dataset too large for its device; its arrays are read by many and never written."""

    form: DatasetForm
    dataset: Dataset

    @property
    def size_bytes(self) -> int:
        """What its arrays take of memory; mapped files take none that cannot be had back."""
        more = (target.values for target in self.dataset.more_targets)
        arrays = (self.dataset.inputs, *self.dataset.more_inputs, self.dataset.targets, *more)
        return sum(0 if _is_mapped(array) else int(array.nbytes) for array in arrays)


def put_on_device(dataset: Dataset, device: jax.Device) -> DeviceDataset:
    """Copy a dataset to a device in one transfer; the host's arrays are not kept."""
    return DeviceDataset(dataset.form, _placed(host_source(dataset, None), device))


def host_source(dataset: Dataset, rows: npt.NDArray[np.intp] | None) -> Source:
    """Give some rows of a dataset, or all, as programs take them: several inputs, or targets, as a tuple."""
    first, *more = (_rows(array, rows) for array in (dataset.inputs, *dataset.more_inputs))
    targets = first if dataset.targets is dataset.inputs else _rows(dataset.targets, rows)
    others = tuple(_rows(target.values, rows) for target in dataset.more_targets)
    return Source((first, *more) if more else first, (targets, *others) if others else targets)


def _rows(array: npt.NDArray[Any], rows: npt.NDArray[np.intp] | None) -> npt.NDArray[Any]:
    if rows is None:
        return np.asarray(array)
    found = aligned_array((rows.size, *array.shape[1:]), array.dtype)
    return array.take(rows, axis=0, out=found, mode="clip")  # any other mode takes them by way of another copy


def _placed(source: Source, device: jax.Device) -> Source:
    if source.targets is source.inputs:
        inputs = jax.device_put(source.inputs, device)
        return Source(inputs, inputs)
    placed: Source = jax.device_put(source, device)
    return placed


def _is_mapped(array: npt.NDArray[Any]) -> bool:
    below: Any = array
    while below is not None:
        if isinstance(below, np.memmap):
            return True
        below = getattr(below, "base", None)
    return False
