"""A dataset where training needs it: its arrays on one device, its form on the host."""

from __future__ import annotations

from dataclasses import dataclass

import jax

from server_node.training.data.dataset import Dataset
from server_node.training.data.dataset_form import DatasetForm
from server_node.training.steps import Source


@dataclass(frozen=True, slots=True)
class DeviceDataset:
    """The arrays belong to everyone who holds them and are never written or donated."""

    form: DatasetForm
    source: Source

    @property
    def size_bytes(self) -> int:
        """What its arrays take."""
        return int(self.source.inputs.nbytes + self.source.targets.nbytes)


def put_on_device(dataset: Dataset, device: jax.Device) -> DeviceDataset:
    """Copy a dataset to a device in one transfer; the host's arrays are not kept."""
    source = jax.device_put(Source(dataset.inputs, dataset.targets), device)  # type: ignore[arg-type]  # host twins
    return DeviceDataset(dataset.form, source)
