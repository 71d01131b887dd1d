"""Puts in the flattens that a definition leaves out: in front of every dense layer that is not fed a vector.

Dense layers that work at every position of a sequence keep it: see `sequences`. What reads a sequence and is fed an
image of one channel reads its rows: the channel's axis is taken out.
"""

from __future__ import annotations

from dataclasses import replace

from shared.model_definition.graph import LayerNode, ModelGraph, Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.kinds.convolution import CONV1D
from shared.model_definition.kinds.dense import DENSE
from shared.model_definition.kinds.flatten import FLATTEN
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.sequences import RECURRENT_KINDS, positionwise_dense
from shared.model_definition.shapes import check_declared_input, output_shape_of

_IMAGE_RANK = 3
_SQUEEZE = KINDS["squeeze"]


def with_implied_flatten(graph: ModelGraph, input_shape: Shape) -> ModelGraph:
    """The graph with explicit `flatten` (and `squeeze`) nodes; the same graph again when none is missing.

    A flatten also follows the input when the definition declares a vector and the data has more axes. The node id of
    an added flatten is `<id>:flatten`, after the dense layer it stands before or the input it follows.

    Raises:
        InvalidField: when the shapes do not fit.
    """
    check_declared_input(graph, input_shape)
    shapes: dict[str, Shape] = {}
    nodes: list[LayerNode] = []
    stands_for: dict[str, str] = {}
    positionwise = positionwise_dense(graph)
    for written in graph.nodes:
        node = replace(written, inputs=tuple(stands_for.get(source, source) for source in written.inputs))
        if _wants_vector(node, positionwise) and len(shapes[node.inputs[0]]) != 1:
            flatten = _flatten(node, node.inputs[0])
            _add(flatten, nodes, shapes, input_shape)
            node = replace(node, inputs=(flatten.node_id,))
        elif _wants_rows(node) and _is_grey_image(shapes[node.inputs[0]]):
            rows = _rows(node, node.inputs[0])
            _add(rows, nodes, shapes, input_shape)
            node = replace(node, inputs=(rows.node_id, *node.inputs[1:]))
        _add(node, nodes, shapes, input_shape)
        if node.kind == INPUT.name and _declares_vector(graph) and len(input_shape) > 1:
            flatten = _flatten(node, node.node_id)
            if not _is_flattened_next(graph, node.node_id):
                _add(flatten, nodes, shapes, input_shape)
                stands_for[node.node_id] = flatten.node_id
    return replace(graph, nodes=tuple(nodes)) if len(nodes) > len(graph.nodes) else graph


def _add(node: LayerNode, nodes: list[LayerNode], shapes: dict[str, Shape], input_shape: Shape) -> None:
    shapes[node.node_id] = output_shape_of(node, shapes, input_shape)
    nodes.append(node)


def _wants_vector(node: LayerNode, positionwise: frozenset[str]) -> bool:
    return node.kind == DENSE.name and node.node_id not in positionwise


def _flatten(beside: LayerNode, source: str) -> LayerNode:
    return LayerNode(f"{beside.node_id}:flatten", f"{beside.name}_flatten", FLATTEN.name, {}, (source,))


def _wants_rows(node: LayerNode) -> bool:
    return node.kind in RECURRENT_KINDS or node.kind == CONV1D.name


def _is_grey_image(shape: Shape) -> bool:
    return len(shape) == _IMAGE_RANK and shape[-1] == 1


def _rows(beside: LayerNode, source: str) -> LayerNode:
    name = f"{beside.name}_rows"
    return LayerNode(
        f"{beside.node_id}:rows", name, _SQUEEZE.name, read_parameters(_SQUEEZE, {"dim": -1}, name), (source,)
    )


def _declares_vector(graph: ModelGraph) -> bool:
    return graph.declared_input_shape is not None and len(graph.declared_input_shape) == 1


def _is_flattened_next(graph: ModelGraph, input_id: str) -> bool:
    return all(node.kind in {FLATTEN.name, DENSE.name} for node in graph.nodes if input_id in node.inputs)
