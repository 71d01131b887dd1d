"""Files that are damaged, or made to do harm: each is refused in a sentence, before memory is taken for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, TensorProto

from cyxwiz.onnx_import.read_file import onnx_file_from_bytes, read_onnx_file
from cyxwiz.onnx_import.wire_scan import LARGEST_STRUCTURE_BYTES
from shared.errors import InvalidField, TooLarge
from tests.cyxwiz.onnx_files import a_file, op, read, weight


def a_small_file() -> ModelProto:
    return a_file([op("Gemm", "x w", "h"), op("Relu", "h", "y")], ["n", 4], {"w": weight(4, 3)})


def test_a_file_cut_anywhere_is_refused() -> None:
    data = a_small_file().SerializeToString()
    for length in range(len(data)):
        with pytest.raises(InvalidField):
            read(ModelProto.FromString(b"")) if not length else onnx_file_from_bytes("cut.onnx", data[:length])


def test_a_weight_that_claims_more_than_it_holds_is_refused() -> None:
    model = a_small_file()
    model.graph.initializer[0].dims[:] = [2**40, 2**20]
    with pytest.raises(InvalidField, match="weight 'w' says"):
        read(model)


@pytest.mark.parametrize("place", ["/etc/passwd", "../../secret.bin"])
def test_numbers_in_another_file_are_never_looked_for(place: str) -> None:
    model = a_small_file()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    with pytest.raises(InvalidField, match="keeps its numbers in another file"):
        read(model)


def test_a_cycle_is_refused_by_the_node_that_reads_too_early() -> None:
    with pytest.raises(InvalidField, match=r"node '/net/a' \(Add\) reads 'b', which nothing before it gives"):
        read(a_file([op("Add", "x b", "a"), op("Relu", "a", "b")], ["n", 4]))


def test_numbers_written_out_of_few_are_bounded() -> None:
    nodes = [op("ConstantOfShape", "huge", "c"), op("Add", "x c", "y")]
    with pytest.raises(InvalidField, match=r"node '/net/c' \(ConstantOfShape\)"):
        read(a_file(nodes, ["n", 4], {"huge": np.asarray([2**20, 2**20])}))


def test_many_empty_nodes_are_refused_before_they_are_parsed() -> None:
    nodes = b"\x0a\x00" * 600_000
    length = len(nodes)
    head = bytes([0x3A, length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14 & 0x7F])
    with pytest.raises(TooLarge, match="more than 500,000"):
        onnx_file_from_bytes("bomb.onnx", head + nodes)


def test_a_file_that_is_large_and_holds_no_weights_is_refused() -> None:
    model = a_small_file()
    model.doc_string = "x" * LARGEST_STRUCTURE_BYTES
    with pytest.raises(TooLarge, match="beside its weights"):
        read(model)


def test_an_unknown_operator_is_refused_by_name() -> None:
    with pytest.raises(InvalidField, match=r"node '/net/y' \(Loop\) is of an operator that is not taken"):
        read(a_file([op("Loop", "x", "y")], ["n", 4]))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidField, match=r"cannot read ONNX file .*gone\.onnx"):
        read_onnx_file(tmp_path / "gone.onnx")
