"""What a graph's layers pass on when nobody says: last states, whole sequences, one answer or one for each position."""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.errors import InvalidField
from shared.job_check import CheckedJob, check_job_spec
from shared.job_spec import job_spec_from_mapping
from shared.model_definition.graph import Shape
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.shapes import infer_shapes
from tests.shared.definitions import node, parsed, row

LABELS = "synthetic://tokens?samples=64&length=20&vocab=50&classes=3"
NEXT = "synthetic://tokens?samples=64&length=20&vocab=50&classes=0"
SERIES = "synthetic://sequences?samples=64&length=20&features=5&classes=3"
EMBEDDING = {"type": "embedding", "vocab_size": 50, "embedding_dim": 32}
BLOCK = {"type": "transformer_decoder", "d_model": 32, "num_heads": 4, "ff_dim": 64}
CLASSES, WORDS = {"type": "dense", "units": 3}, {"type": "dense", "units": 50}
LSTM = {"type": "lstm", "units": 16}


def checked(dataset: str, *layers: Mapping[str, Any] | str) -> CheckedJob:
    return check_job_spec(job_spec_from_mapping({"model": row(*layers), "dataset": dataset, "batch_size": 16}))


def shapes(dataset: str, *layers: Mapping[str, Any] | str) -> list[tuple[str, Shape]]:
    summary = checked(dataset, *layers).summary
    assert summary is not None
    return [(one.kind, one.output_shape) for one in summary[1:]]


def returns(*layers: Mapping[str, Any] | str) -> list[object]:
    return [one.parameters["return_sequences"] for one in parsed(row(*layers)).nodes if one.kind == "lstm"]


def test_a_recurrent_layer_passes_its_last_state_to_a_classifier() -> None:
    assert returns(LSTM, CLASSES) == [False]
    assert returns(LSTM, "dropout", "layer_norm", CLASSES) == [False]


@pytest.mark.parametrize("reader", ["lstm", "self_attention", "global_avg_pool", "conv1d", "time_distributed"])
def test_a_recurrent_layer_passes_its_sequence_to_what_reads_one(reader: str) -> None:
    assert returns(LSTM, "dropout", reader, CLASSES)[0] is True


def test_what_is_written_about_return_sequences_stays() -> None:
    assert returns({**LSTM, "return_sequences": True}, CLASSES) == [True]
    assert returns({**LSTM, "return_sequences": "false"}, "dropout", LSTM, CLASSES)[0] is False


def test_a_state_to_start_from_is_no_sequence() -> None:
    definition = {
        "nodes": [
            {"id": 1, "type": 77, "parameters": {}},
            {"id": 2, "type": 17, "parameters": {"units": "8", "return_state": "true"}},
            {"id": 3, "type": 17, "parameters": {"units": "8", "return_sequences": "true"}},
            {"id": 4, "type": 50, "parameters": {}},
        ],
        "links": [
            {"from_node": 1, "to_node": 2},
            {"from_node": 1, "to_node": 3, "to_pin_index": 0},
            {"from_node": 2, "to_node": 3, "to_pin_index": 1},
            {"from_node": 3, "to_node": 4},
        ],
    }
    graph = parsed(definition)
    assert node(graph, "3").inputs == ("1", "2")
    assert node(graph, "2").parameters["return_sequences"] is False


def test_a_language_model_answers_at_every_position() -> None:
    assert shapes(NEXT, EMBEDDING, "positional_encoding", BLOCK, "layer_norm", WORDS)[-1] == ("dense", (20, 50))


def test_one_label_meets_the_last_position_before_the_last_dense_layers() -> None:
    found = shapes(LABELS, EMBEDDING, BLOCK, {"type": "dense", "units": 8, "activation": "relu"}, CLASSES, "softmax")
    assert found[2:] == [("last_state", (32,)), ("dense", (8,)), ("dense", (3,)), ("softmax", (3,))]


def test_a_projection_in_front_of_a_transformer_keeps_the_sequence() -> None:
    found = shapes(SERIES, {"type": "dense", "units": 32}, "positional_encoding", BLOCK, CLASSES)
    assert found[0] == ("dense", (20, 32))


def test_a_vector_is_wanted_where_no_layer_has_read_the_sequence() -> None:
    assert shapes(SERIES, CLASSES) == [("flatten", (100,)), ("dense", (3,))]
    assert shapes(LABELS, EMBEDDING, CLASSES)[1:] == [("flatten", (640,)), ("dense", (3,))]


def test_tokens_are_not_computed_with() -> None:
    with pytest.raises(InvalidField, match=r"layer 0 \(dense_1\) is fed tokens.*put an embedding in front"):
        checked(LABELS, CLASSES)


def test_a_table_too_small_for_the_tokens_is_refused() -> None:
    small = {**EMBEDDING, "vocab_size": 49}
    with pytest.raises(InvalidField, match="has vocab_size 49, but the data has tokens up to 49; make it at least 50"):
        checked(LABELS, small, LSTM, CLASSES)


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([LSTM], r"lstm_1\) is fed tokens"),
        ([EMBEDDING, {**LSTM, "return_sequences": False}, LSTM], r"lstm_2\) expects a sequence.* got \(16,\)"),
        ([EMBEDDING, "transformer_encoder"], "d_model 512, but what arrives is 32 wide"),
        ([EMBEDDING, {"type": "self_attention", "num_heads": 5}], "splits a width of 32 into 5 heads"),
        ([EMBEDDING, {"type": "positional_encoding", "max_len": 19}], "max_len 19, but its sequences are 20 long"),
        ([EMBEDDING, {**BLOCK, "norm_first": False}], "asks for norm_first=false"),
        ([EMBEDDING, {"type": "bidirectional", "return_state": True, "merge_mode": "sum"}], "merge_mode=sum"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_reason(layers: list[Any], sentence: str) -> None:
    with pytest.raises(InvalidField, match=sentence):
        checked(LABELS, *layers, CLASSES)


@pytest.mark.parametrize("reader", ["lstm", "bidirectional", "conv1d"])
def test_a_grey_image_is_read_row_by_row(reader: str) -> None:
    graph = with_implied_flatten(parsed(row({"type": reader, "name": "reader"}, CLASSES)), (8, 6, 1))
    assert infer_shapes(graph, (8, 6, 1))["0:rows"] == (8, 6)
    with pytest.raises(InvalidField, match="expects"):
        with_implied_flatten(parsed(row(reader, CLASSES)), (8, 6, 3))
