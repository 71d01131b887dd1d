"""Every layer's output shape and number of trained numbers, from one example's shape. Needs no data and no JAX."""

from __future__ import annotations

import math
from collections.abc import Mapping

from shared.errors import InvalidField
from shared.model_definition.arriving_width import check_arriving_width
from shared.model_definition.graph import LayerNode, LayerSummary, ModelGraph, Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.output_targets import check_latent_shapes
from shared.model_definition.refusal import node_label, refusal

MAX_ELEMENTS = 2**31 - 1
MAX_PARAMETERS = 10**12
_IMAGE_RANK = 3


def infer_shapes(graph: ModelGraph, input_shape: Shape) -> dict[str, Shape]:
    """One example's output shape of every node, by node id; `with_implied_flatten` goes before.

    Raises:
        InvalidField: naming the node by id and name, and the shapes that do not fit.
    """
    check_declared_input(graph, input_shape)
    shapes: dict[str, Shape] = {}
    for node in graph.nodes:
        shapes[node.node_id] = output_shape_of(node, shapes, input_shape)
    _check_declared_output(graph, shapes)
    check_latent_shapes(graph, shapes)
    return shapes


def summarize(graph: ModelGraph, input_shape: Shape) -> tuple[LayerSummary, ...]:
    """The table of layers in computing order, the input first; raises as `infer_shapes` does."""
    shapes = infer_shapes(graph, input_shape)
    rows = tuple(_summary(node, shapes) for node in graph.nodes)
    total = sum(row.parameters for row in rows)
    if total > MAX_PARAMETERS:
        raise refusal(f"the model has {total} parameters, more than the {MAX_PARAMETERS} that are allowed")
    return rows


def parameter_count(graph: ModelGraph, input_shape: Shape) -> int:
    """The trained numbers of the whole model; batch statistics do not count."""
    return sum(row.parameters for row in summarize(graph, input_shape))


def output_shape_of(node: LayerNode, shapes: Mapping[str, Shape], input_shape: Shape) -> Shape:
    """One node's output shape, from the shapes of the nodes before it; the input gives the data's own."""
    label = node_label(node.node_id, node.name)
    input_shapes = tuple(shapes[source] for source in node.inputs) or (input_shape,)
    check_arriving_width(node, label, input_shapes[0])
    try:
        shape = KINDS[node.kind].output_shape(node.parameters, input_shapes)
    except InvalidField as error:
        raise refusal(f"{label} {error.message}") from None
    if math.prod(shape) > MAX_ELEMENTS:
        raise refusal(f"{label} gives {shape} for one example, more than {MAX_ELEMENTS} numbers; make it smaller")
    return shape


def check_declared_input(graph: ModelGraph, input_shape: Shape) -> None:
    """Refuses data of another shape than the definition says.

    The declared shape may leave out a last axis of one channel, have its channels first, or be a vector of as many
    numbers.
    """
    declared = graph.declared_input_shape
    if not input_shape or min(input_shape) < 1:
        raise refusal(f"one example must have a shape of positive dimensions, got {input_shape}")
    if declared is None or input_shape in {declared, (*declared, 1), _with_channels_last(declared)}:
        return
    if len(declared) != 1 or declared[0] != math.prod(input_shape):
        raise refusal(f"the model declares an input of shape {declared}, but the data's examples have {input_shape}")


def _with_channels_last(declared: Shape) -> Shape:
    """An image's shape with the first axis last; what is no image stays."""
    return (*declared[1:], declared[0]) if len(declared) == _IMAGE_RANK else declared


def _check_declared_output(graph: ModelGraph, shapes: Mapping[str, Shape]) -> None:
    widths = [said.width for said in graph.said_of_outputs] or [graph.declared_output_width]
    for output, wanted in zip(graph.outputs, widths, strict=True):
        given = shapes[output]
        if wanted is None or given[-1] == wanted:
            continue
        last = next(node for node in graph.nodes if node.node_id == output)
        raise refusal(
            f"the Output says {wanted} classes, but {node_label(last.node_id, last.name)} in front of it gives "
            f"{given}; end the model with a Dense of {wanted} units"
        )


def _summary(node: LayerNode, shapes: Mapping[str, Shape]) -> LayerSummary:
    input_shapes = tuple(shapes[source] for source in node.inputs) or (shapes[node.node_id],)
    count = KINDS[node.kind].parameter_count(node.parameters, input_shapes)
    return LayerSummary(node.node_id, node.name, node.kind, shapes[node.node_id], count)
