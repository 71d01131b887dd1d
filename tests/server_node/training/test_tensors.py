"""Arrays become entries of a file without a second copy of them in memory."""

import numpy as np
import pytest

from server_node.training.tensors import arrays_from_entries, tensor_entries


def test_an_entry_is_a_view_of_its_array() -> None:
    array = np.ones((3, 4), np.float32)
    (entry,) = tensor_entries({"a": array})
    assert np.shares_memory(np.frombuffer(entry.data, np.uint8), array)


@pytest.mark.parametrize(
    "array",
    [np.float32(1.5).reshape(()), np.zeros((0, 3), np.int32), np.arange(6, dtype=np.float32).reshape(2, 3).T],
    ids=["a single number", "no numbers", "column by column"],
)
def test_every_layout_comes_back_as_it_was(array: np.ndarray) -> None:
    (entry,) = tensor_entries({"a": array})
    back = arrays_from_entries({"a": entry})["a"]
    assert back.shape == array.shape
    assert back.tobytes() == np.ascontiguousarray(array).tobytes()
