"""A user's functions as a layer: names, shapes, seeds, and what is refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.user_code.messages import UserCodeFailed
from server_node.user_code.user_functions import UserFunctions, load_user_functions
from server_node.user_code.user_lines import line_of, sentence_of
from server_node.user_code.user_network import UserNetwork
from shared.user_model import UserModel
from tests.server_node.user_code.models import MLP


@pytest.fixture(autouse=True)
def _jax_as_users_have_it() -> Iterator[None]:
    """Users' code runs under JAX's own rules of promotion; our tests are stricter."""
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


def a_network(init: Any = lambda _key, _shape: {"w": np.zeros((8, 3))}, apply: Any = None) -> UserNetwork:
    return UserNetwork(UserFunctions(init, apply or (lambda params, x, **_: x @ params["w"]), None))


def drawn(network: UserNetwork, seed: int = 0) -> Any:
    return network.init(np.random.default_rng(seed), {}, ((8,),))[0]


def test_weights_are_named_by_their_paths_and_are_float32() -> None:
    network = UserNetwork(load_user_functions(UserModel("mine.py", MLP)))
    weights = drawn(network)
    assert set(weights) == {"hidden.w", "hidden.b", "out.w", "out.b"}
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    assert network.output_shape({}, ((8,),)) == (3,)
    assert network.parameter_count({}, ((8,),)) == 8 * 16 + 16 + 16 * 3 + 3


def test_the_same_seed_draws_the_same_weights() -> None:
    network = UserNetwork(load_user_functions(UserModel("mine.py", MLP)))
    first, again, other = drawn(network, 1), drawn(network, 1), drawn(network, 2)
    assert np.array_equal(first["out.w"], again["out.w"])
    assert not np.array_equal(first["out.w"], other["out.w"])


def test_names_that_would_fall_together_are_numbered() -> None:
    weights = drawn(a_network(lambda _key, _shape: {"a.b": np.zeros(1), "a": {"b": np.zeros(1)}}))
    assert len(weights) == 2


def test_a_single_array_is_called_params() -> None:
    assert set(drawn(a_network(lambda _key, _shape: np.zeros(3)))) == {"params"}


def test_tokens_may_be_looked_up() -> None:
    network = a_network(
        lambda _key, _shape: {"e": np.zeros((50, 4))}, lambda params, x, **_: jnp.asarray(params["e"])[x]
    )
    assert network.output_shape({}, ((8,),)) == (8, 4)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({}, "at least one array"),
        ({"count": np.zeros(3, np.int32)}, "count has type int32"),
        ({"name": "relu"}, "name has type <U4"),
    ],
)
def test_what_cannot_be_trained_is_refused(params: Any, sentence: str) -> None:
    with pytest.raises(UserCodeFailed, match=sentence):
        drawn(a_network(lambda _key, _shape: params))


@pytest.mark.parametrize(
    ("apply", "sentence"),
    [
        (lambda _params, x, **_: (x, x), "one array of shape"),
        (lambda _params, x, **_: x.sum(), "array of shape"),
        (lambda _params, x, **_: x > 0, "real numbers, got bool"),
    ],
)
def test_an_output_that_is_none_is_refused(apply: Any, sentence: str) -> None:
    with pytest.raises(UserCodeFailed, match=sentence):
        a_network(apply=apply).output_shape({}, ((8,),))


def test_an_error_inside_a_trace_keeps_the_users_line() -> None:
    source = (
        "def init(key, input_shape):\n    return {'w': 1.0}\ndef apply(params, x, *, key, train):\n    return x @ 3\n"
    )
    model = UserModel("mine.py", source)
    network = UserNetwork(load_user_functions(model))
    with pytest.raises(ValueError, match="matmul") as failure:
        jax.jit(lambda x: network.output_shape({}, (x.shape,)))(np.zeros(8))
    assert line_of(failure.value, model) == 4
    assert str(sentence_of(failure.value, model)).startswith('mine.py, line 4, "return x @ 3": ')


def test_an_error_of_another_file_has_no_line_of_the_user() -> None:
    assert sentence_of(ValueError("ours"), UserModel("mine.py", MLP)) is None
