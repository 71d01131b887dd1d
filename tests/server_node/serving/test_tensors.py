"""What a caller sends is refused with a sentence where the model cannot take it, and never changed in silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from server_node.serving.served_model import ModelFace, ValueSpec
from server_node.serving.tensors import checked_rows, rows_from_wire
from shared.errors import InvalidField
from shared.pb import common_pb2, inference_pb2


def a_face(dtype: str, *shape: int) -> ModelFace:
    spec = ValueSpec("x", shape, np.dtype(dtype))
    return ModelFace(inputs=(spec,), outputs=(spec,))


@pytest.mark.parametrize("shape", [[1] * 100, [0, 2**62, 4], [2**62, 0]])
def test_a_shape_that_no_array_can_have_is_the_callers_mistake(shape: list[int]) -> None:
    data = b"" if 0 in shape else bytes(4)
    tensor = inference_pb2.TensorData(name="x", shape=shape, dtype=common_pb2.DATA_TYPE_FLOAT32, data=data)

    with pytest.raises(InvalidField):
        rows_from_wire(a_face("<f4", 4), [tensor])


@pytest.mark.parametrize(
    ("dtype", "value"), [("<i4", np.int64(2**40 + 7)), ("u1", np.float32(2.7)), ("u1", np.int32(-1))]
)
def test_a_number_that_the_model_cannot_hold_is_refused(dtype: str, value: Any) -> None:
    with pytest.raises(InvalidField):
        checked_rows(a_face(dtype), [("x", np.array([value]))])


def test_whole_numbers_that_fit_are_taken() -> None:
    (rows,) = checked_rows(a_face("<i4"), [("x", np.array([7], "<i8"))])

    assert rows.dtype == np.dtype("<i4")
    assert rows.tolist() == [7]
