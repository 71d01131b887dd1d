"""An ONNX file as one of our definitions, with the weights that it begins with.

The nodes are read in the file's order, each by its own function. What a file says and we do not take is refused with
the node's name and operator; nothing is skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, ValueInfoProto

from cyxwiz.onnx_import.carried import BATCH, Carried, channels_last_axes, plain_axes
from cyxwiz.onnx_import.definition import ImportedModel, imported_model
from cyxwiz.onnx_import.folding import folded, is_folded
from cyxwiz.onnx_import.node import Held, OnnxNode, attribute_value
from cyxwiz.onnx_import.operators import READERS
from cyxwiz.onnx_import.read_file import OnnxFile, read_onnx_file
from cyxwiz.onnx_import.refusal import node_label, refusal, too_large
from cyxwiz.onnx_import.sketch import Sketch
from shared.did_you_mean import did_you_mean, quoted
from shared.model_definition.graph import Shape

LARGEST_FOLDED_BYTES = 256 * 1024 * 1024
"""Of all numbers together that nodes compute from numbers."""
CHANNELS_FIRST, CHANNELS_LAST = "channels_first", "channels_last"
_OF_CHANNELS = frozenset(
    {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool", "BatchNormalization"}
)
_INPUT_TYPES = frozenset({TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64})
_IMAGE_RANKS = (4, 5)


def import_onnx(path: Path) -> ImportedModel:
    """Read an ONNX file as a definition and weights.

    Raises:
        InvalidField: naming the node, for what is not taken; or the file is none.
        TooLarge: it is larger than is taken, or would be.
    """
    return imported(read_onnx_file(path))


def imported(file: OnnxFile) -> ImportedModel:
    """The model of a file that was read; raises as `import_onnx` does."""
    sketch = Sketch()
    values: dict[str, Held | None] = dict(file.constants)
    readers = Counter(name for node in file.graph.node for name in node.input)
    readers.update(file.outputs)
    batch_size = BATCH
    for value in file.inputs:
        batch_size, values[value.name] = _entering(sketch, file, value)
    computed_bytes = 0
    for proto in file.graph.node:
        node = _node(file, proto, values, readers, batch_size)
        sketch.begin_node(proto.name or (proto.output[0] if proto.output else ""), node.label)
        outputs = _read(sketch, node)
        computed_bytes += sum(held.nbytes for held in outputs if isinstance(held, np.ndarray))
        if computed_bytes > LARGEST_FOLDED_BYTES:
            raise too_large(f"{node.label} brings computed numbers over {LARGEST_FOLDED_BYTES:,} bytes")
        _keep(node, outputs, values)
    return imported_model(sketch, {name: _leaving(sketch, file, values, name) for name in file.outputs})


def _read(sketch: Sketch, node: OnnxNode) -> tuple[Held | None, ...]:
    if node.operator not in READERS and node.operator != "Constant":
        hint = did_you_mean(node.operator, READERS)
        raise node.refuse(f"is of an operator that is not taken{hint or '; docs/how-to/onnx.md lists those that are'}")
    outputs = (folded(node),) if is_folded(node) else _read_by_table(sketch, node)
    node.check_all_read()
    return outputs


def _read_by_table(sketch: Sketch, node: OnnxNode) -> tuple[Held | None, ...]:
    if node.operator not in READERS:
        raise node.refuse("has inputs, and takes none")
    return tuple(READERS[node.operator](sketch, node))


def _keep(node: OnnxNode, outputs: tuple[Held | None, ...], values: dict[str, Held | None]) -> None:
    for place, name in enumerate(node.outputs):
        if not name:
            continue
        if name in values:
            raise node.refuse(f"gives {quoted(name)}, which is there already; names must differ")
        if place < len(outputs) and outputs[place] is not None:
            values[name] = outputs[place]
        elif node.is_read(place):
            raise node.refuse(f"gives {quoted(name)} as output {place}, which is not taken")


def _node(
    file: OnnxFile,
    proto: NodeProto,
    values: Mapping[str, Held | None],
    readers: Counter[str],
    batch_size: int,
) -> OnnxNode:
    label = node_label(proto.name, proto.op_type)
    for name in proto.input:
        if name and name not in values:
            raise refusal(
                f"{label} reads {quoted(name)}, which nothing before it gives: the graph has a cycle, is out of order, "
                "or lacks a node"
            )
    if len({attribute.name for attribute in proto.attribute}) != len(proto.attribute):
        raise refusal(f"{label} says an attribute twice")
    return OnnxNode(
        label=label,
        operator=proto.op_type,
        opset=file.opset,
        inputs=tuple(values[name] if name else None for name in proto.input),
        input_names=tuple(proto.input),
        outputs=tuple(proto.output),
        readers=readers,
        attributes={attribute.name: attribute_value(attribute, label) for attribute in proto.attribute},
        batch_size=batch_size,
    )


def _entering(sketch: Sketch, file: OnnxFile, value: ValueInfoProto) -> tuple[int, Carried]:
    """The number of examples, where the file fixes it, and the layer that the data enter by."""
    label = f"input {quoted(value.name)}"
    kind = value.type.tensor_type
    if not value.type.HasField("tensor_type") or kind.elem_type not in _INPUT_TYPES:
        raise refusal(f"{label} must hold real numbers, float32, or tokens, int32 or int64")
    sizes = [dim.dim_value if dim.HasField("dim_value") else 0 for dim in kind.shape.dim]
    if len(sizes) < 2 or len(sizes) > 6 or min(sizes[1:]) < 1:
        raise refusal(
            f"{label} must say its shape, the examples first and then a number for each axis, got {quoted(sizes)}; "
            "export the model with a fixed shape of one example"
        )
    axes = _input_axes(file, value.name, len(sizes))
    shape = tuple(sizes[axis] for axis in axes[1:])
    return sizes[0] or BATCH, Carried(sketch.add_input(value.name, shape), shape, axes)


def _input_axes(file: OnnxFile, name: str, rank: int) -> Shape:
    """Channels-first for images, as ONNX has them, unless the file or its first node says otherwise."""
    if file.layout in {CHANNELS_FIRST, CHANNELS_LAST}:
        return channels_last_axes(rank) if file.layout == CHANNELS_FIRST else plain_axes(rank)
    readers = [node for node in file.graph.node if name in node.input]
    if readers and all(node.op_type == "Transpose" for node in readers):
        return plain_axes(rank)
    is_image = rank in _IMAGE_RANKS or (rank > 2 and any(node.op_type in _OF_CHANNELS for node in readers))
    return channels_last_axes(rank) if is_image else plain_axes(rank)


def _output_axes(file: OnnxFile, values: Mapping[str, Held | None], rank: int) -> Shape:
    """Channels last where an image comes in channels-first and an image goes out, as our targets are; else as it is."""
    entering = [held for value in file.inputs if isinstance(held := values[value.name], Carried)]
    is_turned = any(value.rank == rank and value.axes != plain_axes(rank) for value in entering)
    return channels_last_axes(rank) if is_turned else plain_axes(rank)


def _leaving(sketch: Sketch, file: OnnxFile, values: Mapping[str, Held | None], name: str) -> int:
    """The layer that gives an output as our targets have it."""
    leaving = values.get(name)
    if not isinstance(leaving, Carried):
        raise refusal(f"output {quoted(name)} is given by no node, or depends on no input")
    sketch.begin_node(name, f"output {quoted(name)}")
    if leaving.axes[0] != 0:
        raise refusal(f"output {quoted(name)} must have its examples along axis 0, not {leaving.axes[0]}")
    return sketch.ordered(leaving, _output_axes(file, values, leaving.rank))
