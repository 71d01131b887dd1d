"""Reads an ONNX file as what it is: bytes from a stranger. It is parsed, bounded and checked; nothing of it is run.

No path in it is followed, no function or subgraph of it taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, ValueInfoProto, defs

from cyxwiz.onnx_import.refusal import node_label, refusal, too_large
from cyxwiz.onnx_import.tensors import Array, array_from_tensor
from cyxwiz.onnx_import.wire_scan import check_structure
from shared.did_you_mean import quoted

LARGEST_FILE_BYTES = 1024 * 1024 * 1024
MOST_NODES = 20_000
MOST_OUTPUTS = 64
OLDEST_OPSET = 13
_OWN_DOMAINS = frozenset({"", "ai.onnx"})


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """A file that was taken.

    Attributes:
        name: of the file, for messages.
        graph: its one graph; nodes, inputs and outputs.
        constants: its weights by name.
        inputs: what enters, without the weights.
        outputs: the names of the values that leave.
        opset: the version of the operators.
        layout: what the file itself says about the order of its input's axes; empty for nothing.
    """

    name: str
    graph: GraphProto
    constants: dict[str, Array]
    inputs: tuple[ValueInfoProto, ...]
    outputs: tuple[str, ...]
    opset: int
    layout: str


def read_onnx_file(path: Path) -> OnnxFile:
    """Read and check the file.

    Raises:
        InvalidField: it cannot be read, is no ONNX file, or holds what is not taken.
        TooLarge: it has more than `LARGEST_FILE_BYTES`, or too many nodes.
    """
    try:
        size_bytes = path.stat().st_size
        if size_bytes > LARGEST_FILE_BYTES:
            raise too_large(f"{path} must be at most {LARGEST_FILE_BYTES:,} bytes, got {size_bytes:,}")
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise refusal(f"cannot read ONNX file {path}: {error.strerror or error}") from error
    return onnx_file_from_bytes(path.name, data)


def onnx_file_from_bytes(name: str, data: bytes) -> OnnxFile:
    """Check the content of a file; raises as `read_onnx_file` does."""
    if len(data) > LARGEST_FILE_BYTES:
        raise too_large(f"{name} must be at most {LARGEST_FILE_BYTES:,} bytes, got more")
    check_structure(name, data)
    model = _parsed(name, data)
    graph = model.graph
    if not graph.node:
        raise refusal(f"{name} is no ONNX model: it has {len(data):,} bytes and no nodes in them")
    if len(graph.node) > MOST_NODES:
        raise too_large(f"{name} must have at most {MOST_NODES:,} nodes, got {len(graph.node):,}")
    _refuse_what_is_not_taken(name, model)
    constants = _constants(graph)
    inputs = tuple(value for value in graph.input if value.name not in constants)
    if not inputs:
        raise refusal(f"{name} has no input; a model to train takes the data as its input")
    return OnnxFile(name, graph, constants, inputs, _outputs(name, graph), _opset(name, model), _layout(model))


def _parsed(name: str, data: bytes) -> ModelProto:
    model = ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, RecursionError, MemoryError, ValueError) as error:
        raise refusal(
            f"{name} is no whole ONNX file of {len(data):,} bytes: it was cut short or is something else"
        ) from (error)
    return model


def _refuse_what_is_not_taken(name: str, model: ModelProto) -> None:
    if model.functions:
        raise refusal(f"{name} defines functions of its own; export it with its operators written out")
    if model.graph.sparse_initializer:
        raise refusal(f"{name} holds sparse weights; save them dense")
    for node in model.graph.node:
        if node.domain not in _OWN_DOMAINS:
            label = node_label(node.name, node.op_type)
            raise refusal(f"{label} is of the domain {quoted(node.domain)}; taken are ONNX's own operators")


def _constants(graph: GraphProto) -> dict[str, Array]:
    constants: dict[str, Array] = {}
    for tensor in graph.initializer:
        if tensor.name in constants:
            raise refusal(f"weight {quoted(tensor.name)} is there twice; names must differ")
        constants[tensor.name] = array_from_tensor(tensor, f"weight {quoted(tensor.name)}")
    return constants


def _outputs(name: str, graph: GraphProto) -> tuple[str, ...]:
    names = tuple(value.name for value in graph.output)
    if not 1 <= len(names) <= MOST_OUTPUTS or len(set(names)) != len(names):
        raise refusal(f"{name} must have 1 to {MOST_OUTPUTS} outputs of different names, got {quoted(names[:5])}")
    return names


def _opset(name: str, model: ModelProto) -> int:
    newest = int(defs.onnx_opset_version())
    said = next((entry.version for entry in model.opset_import if entry.domain in _OWN_DOMAINS), 0)
    if not OLDEST_OPSET <= said <= newest:
        raise refusal(f"{name} must be of opset {OLDEST_OPSET} to {newest}, got {said}; export it again with opset 17")
    return said


def _layout(model: ModelProto) -> str:
    return next((entry.value for entry in model.metadata_props if entry.key == "layout"), "")
