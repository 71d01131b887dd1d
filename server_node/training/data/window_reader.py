"""Reading a window of a dataset that stays on the host, and putting it on a device; how large windows are."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
import numpy.typing as npt

from server_node.training.data.data_space import DataSpace
from server_node.training.data.dataset import Dataset
from server_node.training.data.dataset_form import DatasetForm
from server_node.training.data.device_dataset import host_source
from server_node.training.data.splits import Indices
from server_node.training.steps import Source

WINDOWS_HELD = 2
"""By one visit: the one that is computed on, and the one that comes."""


def window_rows(form: DatasetForm, examples_per_step: int, space: DataSpace, limit_bytes: int) -> int | None:
    """Say how many rows a window of a dataset has, whole steps of them; None for one that is put on the device whole.

    Args:
        form: of the dataset.
        examples_per_step: of the job.
        space: what data may take.
        limit_bytes: what all datasets on devices may take together.
    """
    if not is_fed(form, space, limit_bytes):
        return None
    steps = max(1, space.window_bytes // (form.example_bytes * examples_per_step))
    steps_in_all = -(-form.examples // examples_per_step)
    return min(steps, steps_in_all) * examples_per_step


def is_fed(form: DatasetForm, space: DataSpace, limit_bytes: int) -> bool:
    """Say whether a dataset is larger than what is put on a device whole."""
    resident_bytes = limit_bytes if space.resident_bytes is None else space.resident_bytes
    return form.examples * form.example_bytes > resident_bytes


@dataclass(frozen=True, slots=True)
class WindowReader:
    """Reads windows of `rows` rows; from one thread at a time."""

    dataset: Dataset
    rows: int
    device: jax.Device

    def read(self, order: Indices, window: int) -> Source:
        """Gather the rows that window number `window` of an order holds, and put them on the device.

        What fills the last window up are copies of row 0, as in an order of a dataset that is on the device.
        """
        wanted = np.zeros(self.rows, np.intp)
        rows = order[window * self.rows : (window + 1) * self.rows]
        wanted[: rows.size] = rows
        placed: Source = jax.device_put(host_source(self.dataset, wanted), self.device)
        jax.block_until_ready(placed)  # type: ignore[no-untyped-call]  # JAX leaves it untyped
        return placed


def window_order(order_length: int, rows: int) -> npt.NDArray[np.int32]:
    """Say for each place of an order where in its window it stands."""
    return np.arange(order_length, dtype=np.int32) % np.int32(rows)
