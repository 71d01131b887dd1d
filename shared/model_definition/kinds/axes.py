"""`permute`, `squeeze`, `unsqueeze`: axes in another order, axes of one number taken out or put in.

Axes are counted with the batch as 0, as the designer writes them; negative ones count from the end.
"""

from __future__ import annotations

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds.layer_kind import LayerKind, Parameters, ParameterSpec, ParameterType
from shared.model_definition.kinds.merges import LARGEST_RANK


def permuted_axes(parameters: Parameters, rank: int) -> Shape:
    """For each axis of the output, the example's own axis (from 0) that becomes it.

    Written may be the order of all axes, the batch first (`[0, 2, 1]`), of all but the batch (`[2, 1]`), or of an
    example's own axes from 0 (`[1, 0]`).
    """
    written = parameters["dims"]
    if not isinstance(written, tuple):
        raise InvalidField(f"needs dims, the new order of axes, such as {list(range(rank + 1))}")
    order = sorted(written)
    if written[0] == 0 and order == list(range(rank + 1)):
        return tuple(axis - 1 for axis in written[1:])
    if order == list(range(1, rank + 1)):
        return tuple(axis - 1 for axis in written)
    if order == list(range(rank)):
        return written
    if order == list(range(rank + 1)):
        raise InvalidField(f"has dims {list(written)}, which moves the batch; axis 0 must stay first")
    raise InvalidField(f"has dims {list(written)}, which is no order of the {rank} axes of its input and the batch")


def squeezed_axes(parameters: Parameters, input_shape: Shape) -> Shape:
    """The example's own axes (from 0) that are taken out: the one of `dim`, or every one of one number."""
    dim, rank = parameters["dim"], len(input_shape)
    if dim is None:
        axes = tuple(axis for axis, size in enumerate(input_shape) if size == 1)
    else:
        axes = (_own_axis(dim, rank),)
        if input_shape[axes[0]] != 1:
            raise InvalidField(f"takes out axis {dim} of {input_shape}; that holds {input_shape[axes[0]]} numbers")
    if len(axes) == rank:
        raise InvalidField(f"would leave no axis of {input_shape}; name the one to take out with dim")
    return axes


def unsqueezed_axis(parameters: Parameters, rank: int) -> int:
    """Where among the output's own axes (from 0) the new one is."""
    return _own_axis(parameters["dim"], rank + 1)


def _own_axis(dim: object, rank: int) -> int:
    assert isinstance(dim, int), "read as a whole number"
    axis = dim - 1 if dim > 0 else rank + dim
    if dim == 0 or not 0 <= axis < rank:
        raise InvalidField(f"has dim={dim}, which must be 1 to {rank} or -1 to -{rank}; 0 is the batch")
    return axis


def _permuted(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    return tuple(input_shapes[0][axis] for axis in permuted_axes(parameters, len(input_shapes[0])))


def _squeezed(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    out = squeezed_axes(parameters, input_shapes[0])
    return tuple(size for axis, size in enumerate(input_shapes[0]) if axis not in out)


def _unsqueezed(parameters: Parameters, input_shapes: tuple[Shape, ...]) -> Shape:
    axis = unsqueezed_axis(parameters, len(input_shapes[0]))
    return (*input_shapes[0][:axis], 1, *input_shapes[0][axis:])


def _dim(default: int | None) -> ParameterSpec:
    return ParameterSpec(
        "dim", ParameterType.INTEGER, default, minimum=-LARGEST_RANK, maximum=LARGEST_RANK, aliases=("axis",)
    )


AXIS_KINDS = (
    LayerKind(
        "permute",
        ("transpose",),
        41,
        (
            ParameterSpec(
                "dims",
                ParameterType.SHAPE,
                None,
                minimum=0,
                maximum=LARGEST_RANK,
                aliases=("axes", "order", "permutation", "perm"),
            ),
        ),
        _permuted,
    ),
    LayerKind("squeeze", (), 42, (_dim(None),), _squeezed),
    LayerKind("unsqueeze", ("expand_dims",), 43, (_dim(1),), _unsqueezed),
)
