"""Layers that bring branches together: `add`, `multiply`, `average` number by number, `concatenate` along an axis.

Number by number means as numpy broadcasts one example: a vector of `(channels,)` meets every position of an image.
Axes are counted with the batch as 0, and 1 is the channel axis, the last one, whatever else an example has.
"""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.parameter_access import flag, integer

LARGEST_RANK = 16
_CHANNELS = 1
DIM = ParameterSpec(
    "dim", ParameterType.INTEGER, _CHANNELS, minimum=-LARGEST_RANK, maximum=LARGEST_RANK, aliases=("axis",)
)


def merged_axis(parameters: Parameters, rank: int) -> int:
    """The example's own axis that `dim` means, from 0."""
    dim = integer(parameters, "dim")
    axis = rank - 1 if dim == _CHANNELS else dim - 1 if dim > 0 else rank + dim
    if dim == 0 or not 0 <= axis < rank:
        raise InvalidField(f"has dim={dim}; its inputs have axes 1 (channels) to {rank}, 0 is the batch")
    return axis


def broadcast_shape(shapes: tuple[Shape, ...]) -> Shape:
    """The shape that examples of these shapes have together, their last axes matched."""
    rank = max(len(shape) for shape in shapes)
    rows = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    for sizes in zip(*rows, strict=True):
        if len(set(sizes) - {1}) > 1:
            raise InvalidField(f"cannot merge inputs of shapes {_listed(shapes)}; each axis must be the same, or 1")
    return tuple(max(sizes) for sizes in zip(*rows, strict=True))


def _number_by_number(_parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    return broadcast_shape(input_shapes)


def _average_shape(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    if len(input_shapes) > 1:
        return broadcast_shape(input_shapes)
    shape = input_shapes[0]
    axis = merged_axis(parameters, len(shape))
    if flag(parameters, "keepdim"):
        return (*shape[:axis], 1, *shape[axis + 1 :])
    if len(shape) == 1:
        raise InvalidField(f"takes the mean over the only axis of {shape}, and keepdim=false leaves none; keep it")
    return (*shape[:axis], *shape[axis + 1 :])


def _concatenated(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    first = input_shapes[0]
    axis = merged_axis(parameters, len(first))
    others = {(*shape[:axis], *shape[axis + 1 :]) for shape in input_shapes if len(shape) == len(first)}
    if len(others) > 1 or any(len(shape) != len(first) for shape in input_shapes):
        raise InvalidField(
            f"cannot join inputs of shapes {_listed(input_shapes)} along axis {axis + 1}; all others must be the same"
        )
    return (*first[:axis], sum(shape[axis] for shape in input_shapes), *first[axis + 1 :])


def _listed(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(str(shape) for shape in shapes[:4])


MERGES = (
    LayerKind("add", ("sum",), 47, (), _number_by_number, least_inputs=2, most_inputs=None),
    LayerKind("multiply", ("mul",), 48, (), _number_by_number, least_inputs=2, most_inputs=None),
    LayerKind(
        "average",
        ("mean",),
        49,
        (DIM, ParameterSpec("keepdim", ParameterType.FLAG, default=True, aliases=("keepdims",))),
        _average_shape,
        most_inputs=None,
    ),
    LayerKind("concatenate", ("concat",), 46, (DIM,), _concatenated, least_inputs=2, most_inputs=None),
)
"""`average` of several inputs is their mean, number by number; of one it is the mean along `dim`."""
