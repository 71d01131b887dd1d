"""Puts in the step from a vector to the shape of the targets, or back, where both hold as many numbers.

A dense autoencoder ends with as many numbers as an image has; the image it is compared with has rows and columns.
"""

from __future__ import annotations

import math
from dataclasses import replace

from shared.model_definition.graph import LayerNode, ModelGraph, Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.read_parameters import read_parameters

_RESHAPE = KINDS["tensor_reshape"]


def is_in_another_shape(answers: Shape, targets: Shape) -> bool:
    """Whether two shapes hold the same numbers, and one of them is a vector's."""
    return answers != targets and min(len(answers), len(targets)) == 1 and math.prod(answers) == math.prod(targets)


def with_target_shape(graph: ModelGraph, output: str, targets: Shape) -> ModelGraph:
    """The graph that gives the numbers of `output` in the targets' shape, by a node `<id>:target_shape`."""
    node = next(node for node in graph.nodes if node.node_id == output)
    name = f"{node.name}_as_target"
    parameters = read_parameters(_RESHAPE, {"shape": [-1, *targets]}, name)
    added = LayerNode(f"{output}:target_shape", name, _RESHAPE.name, parameters, (output,))
    outputs = tuple(added.node_id if one == output else one for one in graph.outputs)
    return replace(graph, nodes=(*graph.nodes, added), outputs=outputs)
