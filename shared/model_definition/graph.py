"""The one thing every model definition becomes: a checked graph of layers, in an order in which it can be computed.

This file only holds the records. Reading JSON is `parse`, shapes are `shapes`, kinds of layers are `kinds/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ParameterValue = bool | int | float | str | tuple[int, ...] | None
Shape = tuple[int, ...]
"""One example's shape, without the batch: `(8, 8, 1)` for an image (channels last), `(10,)` for a vector."""


@dataclass(frozen=True, slots=True)
class LayerNode:
    """One layer: where it came from, what kind it is, its checked parameters, and what feeds it.

    Attributes:
        node_id: as written in the definition; `"0"`, `"1"`, … for layers in a row. Unique in the graph.
        name: what a person reads in messages and tables, such as `conv2d_1`.
        kind: the canonical name, a key of `kinds.KINDS`, such as `conv2d`.
        parameters: canonical names, defaults filled in, types and ranges checked.
        inputs: node ids in the order of the layer's pins; empty for the `input` kind only.
    """

    node_id: str
    name: str
    kind: str
    parameters: Mapping[str, ParameterValue]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GraphOutput:
    """What a definition says of one output.

    Attributes:
        name: by which a dataset supplies its target, and results name it.
        loss: of its own loss node; None where none is drawn.
        width: how many classes or numbers it says it gives; None when it does not.
    """

    name: str
    loss: str | None = None
    width: int | None = None


@dataclass(frozen=True, slots=True)
class ModelGraph:
    """A checked, acyclic graph in computing order: every node stands behind what feeds it.

    Attributes:
        nodes: computing order; a node of kind `input` for every place where the batch enters.
        outputs: the node ids whose values leave the model.
        job_settings: what loss, optimizer and data nodes of a designer graph say about the job, under the
            names of job fields (`batch_size`, `loss`, `optimizer`, `learning_rate`, `validation_split`, …) as
            strings. The job's own fields win.
        declared_input_shape: when the definition itself names the input's shape (one example's), else None.
        declared_output_width: when the definition says how many classes or outputs leave the model, else None.
        is_towards_input: whether a loss that is drawn takes the data themselves as its target.
        said_of_outputs: of each output in the order of `outputs`, where there are several; else empty.
    """

    nodes: tuple[LayerNode, ...]
    outputs: tuple[str, ...]
    job_settings: Mapping[str, str] = field(default_factory=dict)
    declared_input_shape: Shape | None = None
    declared_output_width: int | None = None
    is_towards_input: bool = False
    said_of_outputs: tuple[GraphOutput, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The ids of the nodes where the batch enters."""
        return tuple(node.node_id for node in self.nodes if node.kind == "input")


@dataclass(frozen=True, slots=True)
class LayerSummary:
    """One row of the table a person sees before a run."""

    node_id: str
    name: str
    kind: str
    output_shape: Shape
    parameters: int
