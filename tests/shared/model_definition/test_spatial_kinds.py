"""What the shape rules of spatial layers, norms, merges and axes refuse, and how they read what is written."""

from typing import Any

import pytest

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.read_parameters import read_parameters

IMAGE = (8, 6, 4)


def shape_of(kind: str, *inputs: Shape, **written: Any) -> Shape:
    return KINDS[kind].output_shape(read_parameters(KINDS[kind], written, "layer 0"), inputs)


@pytest.mark.parametrize(
    ("kind", "inputs", "written", "sentence"),
    [
        ("conv1d", (IMAGE,), {}, r"expects sequences of shape \(length, channels\), got \(8, 6, 4\)"),
        ("conv2d", ((9, 4),), {}, "expects images of shape"),
        ("conv3d", ((8, 8, 8, 1),), {"kernel_size": [3, 2]}, r"has kernel_size \(3, 2\); it slides over 3 axes"),
        ("max_pool2d", ((9, 4),), {"pool_size": [2, 3]}, r"has pool_size \(2, 3\); it slides over 1 axes"),
        ("max_pool2d", ((5,),), {}, "expects sequences .*, or images .*, or volumes"),
        ("conv2d", ((2, 2, 1),), {"padding": "valid"}, "larger than its input"),
        ("depthwise_conv2d", (IMAGE,), {"filters": 32}, "4 channels × depth_multiplier 1 = 4"),
        ("layer_norm", (IMAGE,), {"normalized_shape": [4, 8, 6]}, r"the last axes of its input .* are \(8, 6, 4\)"),
        ("group_norm", (IMAGE,), {"num_groups": 3}, "does not divide the 4 channels"),
        ("instance_norm", ((4,),), {}, "has channels only, use LayerNorm"),
        ("add", (IMAGE, (8, 6, 3)), {}, r"cannot merge inputs of shapes \(8, 6, 4\) and \(8, 6, 3\)"),
        ("concatenate", (IMAGE, (8, 5, 4)), {}, "cannot join inputs"),
        ("concatenate", (IMAGE, (6, 4)), {}, "cannot join inputs"),
        ("concatenate", (IMAGE, IMAGE), {"dim": 0}, "0 is the batch"),
        ("reshape", (IMAGE,), {}, "needs a shape"),
        ("reshape", (IMAGE,), {"shape": [-1, 5]}, r"cannot give \(8, 6, 4\), 192 numbers, the shape \[-1, 5\]"),
        ("reshape", (IMAGE,), {"shape": [-1, -1, -1]}, "cannot give"),
        ("view", (IMAGE,), {"shape": [0, 192]}, "every dimension is a positive number"),
        ("permute", (IMAGE,), {"dims": [1, 0, 2, 3]}, "moves the batch"),
        ("permute", (IMAGE,), {"dims": [1, 1, 2]}, "is no order of the 3 axes"),
        ("permute", (IMAGE,), {}, "needs dims"),
        ("squeeze", (IMAGE,), {"dim": 1}, "holds 8 numbers"),
        ("squeeze", ((1,),), {}, "would leave no axis"),
        ("unsqueeze", (IMAGE,), {"dim": 6}, "must be 1 to 4"),
        ("split", (IMAGE,), {"parts": 3}, r"cuts 4 numbers of its input \(8, 6, 4\) into 3 equal parts"),
        ("split", (IMAGE,), {"parts": 2, "index": 2}, "gives part 2, but there are 2"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_numbers(
    kind: str, inputs: tuple[Shape, ...], written: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidField, match=sentence):
        shape_of(kind, *inputs, **written)


@pytest.mark.parametrize(
    ("written", "input_shape", "shape"),
    [
        ("-1, 28, 28, 1", (784,), (28, 28, 1)),
        ([-1, 64], (7, 7, 64), (49, 64)),
        ([-1, 49, -1], (7, 7, 64), (49, 64)),
        ([49, -1], (7, 7, 64), (49, 64)),
        ([-1], (7, 7, 64), (3136,)),
        ([7, 448], (7, 7, 64), (7, 448)),
    ],
)
def test_a_first_minus_one_is_the_batch_where_the_others_hold_the_example(
    written: object, input_shape: Shape, shape: Shape
) -> None:
    assert shape_of("reshape", input_shape, shape=written) == shape


def test_a_channels_first_shape_gives_an_image_with_channels_last() -> None:
    assert shape_of("reshape", (6272,), shape=[-1, 128, 7, 7], layout="channels_first") == (7, 7, 128)
    assert shape_of("reshape", (14, 14, 768), shape=[-1, 768, 196], layout="channels_first") == (768, 196)


@pytest.mark.parametrize(
    ("written", "shape"),
    [
        ({"kernel_size": 2, "stride": 2}, (16, 12, 3)),
        ({"kernel_size": 2, "stride": 2, "padding": "valid"}, (16, 12, 3)),
        ({"kernel_size": 4, "stride": 2, "padding": "valid"}, (18, 14, 3)),
        ({"kernel_size": 3}, (8, 6, 3)),
        ({"kernel_size": 3, "padding": "valid"}, (10, 8, 3)),
    ],
)
def test_a_transposed_convolution_multiplies_positions_by_its_stride(written: dict[str, Any], shape: Shape) -> None:
    assert shape_of("conv2d", IMAGE, filters=3, transposed="true", **written) == shape


def test_dim_1_is_the_channel_axis_whatever_an_example_has() -> None:
    assert shape_of("concatenate", IMAGE, (8, 6, 2), dim=1) == (8, 6, 6)
    assert shape_of("concatenate", (9, 4), (9, 4), dim=1) == (9, 8)
    assert shape_of("average", IMAGE, dim="1") == (8, 6, 1)


@pytest.mark.parametrize(
    ("kind", "inputs", "written", "count"),
    [
        ("conv1d", ((9, 4),), {"filters": 5, "kernel_size": 3}, 3 * 4 * 5 + 5),
        ("conv3d", ((9, 9, 9, 2),), {"filters": 5}, 27 * 2 * 5 + 5),
        ("conv2d", (IMAGE,), {"filters": 5, "transposed": True, "kernel_size": 2}, 4 * 4 * 5 + 5),
        ("depthwise_conv2d", (IMAGE,), {"depth_multiplier": 2}, 9 * 8 + 8),
        ("layer_norm", ((16, 512),), {"normalized_shape": "512"}, 1024),
        ("group_norm", (IMAGE,), {"num_groups": 2}, 8),
        ("instance_norm", (IMAGE,), {"affine": False}, 0),
        ("parameter", (), {"shape": [1, 5, 6]}, 30),
        ("constant", (), {"shape": [1, 5, 6]}, 0),
    ],
)
def test_counts_follow_the_textbook(kind: str, inputs: tuple[Shape, ...], written: dict[str, Any], count: int) -> None:
    assert KINDS[kind].parameter_count(read_parameters(KINDS[kind], written, "layer 0"), inputs) == count
