"""Shapes and parameter counts of layers over sequences, worked out by hand."""

from typing import Any

import pytest

from shared.errors import InvalidField
from shared.model_definition.graph import Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.read_parameters import read_parameters

SEQUENCE = (20, 32)
BLOCK = {"d_model": 32, "nhead": 4, "dim_feedforward": 64}
ONE_ATTENTION = 4 * (32 * 32 + 32)
ONE_BLOCK = ONE_ATTENTION + (32 * 64 + 64 + 64 * 32 + 32) + 2 * 64


@pytest.mark.parametrize(
    ("kind", "parameters", "shapes", "shape", "count"),
    [
        ("rnn", {"hidden_size": 16}, [SEQUENCE], (16,), 16 * (32 + 16 + 1)),
        ("lstm", {"units": 16}, [SEQUENCE], (16,), 4 * 16 * (32 + 16 + 1)),
        ("gru", {}, [SEQUENCE], (256,), 3 * 256 * (32 + 256 + 1)),
        ("lstm", {"units": 16, "num_layers": 3}, [SEQUENCE], (16,), 4 * 16 * (49 + 2 * 33)),
        ("lstm", {"units": 16, "return_sequences": "true"}, [SEQUENCE], (20, 16), 4 * 16 * 49),
        ("lstm", {"units": 16, "return_state": "true"}, [SEQUENCE], (32,), 4 * 16 * 49),
        ("gru", {"units": 16, "return_state": "true"}, [SEQUENCE], (16,), 3 * 16 * 49),
        (
            "gru",
            {"units": 16, "bidirectional": "true", "num_layers": "2"},
            [SEQUENCE],
            (32,),
            2 * 3 * 16 * (49 + 32 + 16 + 1),
        ),
        ("bidirectional", {"units": 16}, [SEQUENCE], (32,), 2 * 4 * 16 * 49),
        ("bidirectional", {"units": 16, "merge_mode": "sum", "layer_type": "GRU"}, [SEQUENCE], (16,), 2 * 3 * 16 * 49),
        ("time_distributed", {"units": 7}, [SEQUENCE], (20, 7), 33 * 7),
        ("embedding", {"num_embeddings": 100, "embedding_dim": 8}, [(20,)], (20, 8), 800),
        ("positional_encoding", {"max_seq_len": 64}, [SEQUENCE], SEQUENCE, 0),
        ("positional_encoding", {"max_len": 64, "learned": "true"}, [SEQUENCE], SEQUENCE, 64 * 32),
        ("multi_head_attention", {"embed_dim": 32, "num_heads": 4}, [SEQUENCE], SEQUENCE, ONE_ATTENTION),
        ("multi_head_attention", {"num_heads": 4}, [SEQUENCE] * 3, SEQUENCE, ONE_ATTENTION),
        ("cross_attention", {"num_heads": 4}, [SEQUENCE, (9, 10)], SEQUENCE, 2 * (33 + 11) * 32),
        ("linear_attention", {"embed_dim": 32}, [SEQUENCE], SEQUENCE, ONE_ATTENTION),
        ("transformer_encoder", {**BLOCK, "num_layers": "6"}, [SEQUENCE], SEQUENCE, 6 * ONE_BLOCK),
        ("transformer_decoder", BLOCK, [SEQUENCE], SEQUENCE, ONE_BLOCK),
        ("transformer_decoder", BLOCK, [SEQUENCE, (9, 32)], SEQUENCE, ONE_BLOCK + ONE_ATTENTION + 64),
        ("last_state", {}, [SEQUENCE], (32,), 0),
    ],
    ids=str,
)
def test_shapes_and_counts_are_the_textbooks(
    kind: str, parameters: dict[str, Any], shapes: list[Shape], shape: Shape, count: int
) -> None:
    read = read_parameters(KINDS[kind], parameters, "layer 0")
    assert KINDS[kind].output_shape(read, tuple(shapes)) == shape
    assert KINDS[kind].parameter_count(read, tuple(shapes)) == count


@pytest.mark.parametrize(
    ("kind", "parameters", "shapes", "sentence"),
    [
        ("lstm", {"units": 16}, [SEQUENCE, (17,)], r"of shape \(16,\) or \(32,\), got \(17,\)"),
        ("gru", {"units": 16}, [SEQUENCE, (20, 16)], r"of shape \(16,\), got \(20, 16\)"),
        ("gru", {"units": 16, "num_layers": 2}, [SEQUENCE, (16,)], "only a layer of one direction and num_layers=1"),
        ("cross_attention", {"num_heads": 4}, [SEQUENCE, (9, 32), (8, 32)], "got 9 keys and 8 values"),
        ("cross_attention", {"num_heads": 4}, [SEQUENCE, (9, 32), (9, 32), (8,)], r"mask of shape \(9,\) or \(20, 9\)"),
        ("linear_attention", {"causal": True}, [SEQUENCE, (9, 32)], "has 20 queries and 9 keys"),
        ("transformer_decoder", BLOCK, [SEQUENCE, (9, 16)], "has d_model 32, but its memory is 16 wide"),
    ],
    ids=str,
)
def test_shapes_that_do_not_fit_are_refused(
    kind: str, parameters: dict[str, Any], shapes: list[Shape], sentence: str
) -> None:
    read = read_parameters(KINDS[kind], parameters, "layer 0")
    with pytest.raises(InvalidField, match=sentence):
        KINDS[kind].output_shape(read, tuple(shapes))
