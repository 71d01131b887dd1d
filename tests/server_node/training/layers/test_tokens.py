"""Embedding and positions: tokens of whole numbers in, vectors out."""

import math

import jax.numpy as jnp
import numpy as np

from tests.server_node.training.layers.one_layer import one_layer


def test_a_token_becomes_its_row_of_the_table() -> None:
    case = one_layer("embedding", (4,), vocab_size=9, embedding_dim=3)
    table = case.weights()["table"]
    tokens = np.array([[0, 8, 3, 3], [1, 2, 4, 5]], np.int32)
    for given in (tokens, tokens.astype(np.float32)):
        np.testing.assert_array_equal(case.applied({"table": table}, (given,)), table[tokens])
    assert case.shape() == (4, 3)
    assert case.parameter_count() == 27


def test_a_token_beyond_the_table_is_never_taken_for_another() -> None:
    case = one_layer("embedding", (3,), vocab_size=9, embedding_dim=2)
    given = case.applied(case.weights(), (np.array([[9, -1, 8]], np.int32),))
    np.testing.assert_array_equal(jnp.isnan(given[0, :, 0]), [True, True, False])


def test_positions_are_the_papers_waves() -> None:
    case = one_layer("positional_encoding", (6, 5))
    given = case.applied({}, (np.zeros((1, 6, 5), np.float32),))[0]
    for position in range(6):
        for place in range(5):
            wave = (math.sin, math.cos)[place % 2]
            wanted = wave(position / 10_000 ** ((place - place % 2) / 5))
            assert abs(float(given[position, place]) - wanted) < 1e-6


def test_learned_positions_are_added_as_far_as_the_sequence_goes() -> None:
    case = one_layer("positional_encoding", (2, 3), max_len=10, learned=True)
    weights, (x,) = case.weights(), case.inputs()
    np.testing.assert_allclose(case.applied(weights, (x,)), x + weights["table"][:2], rtol=1e-6)
    assert case.parameter_count() == 30
