"""What holds for every layer over sequences: shapes, counts, both formulations, gradients, dropout as data."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.layers.layer import Formulation
from tests.server_node.training.layers.one_layer import OneLayer, one_layer

SEQUENCE, MEMORY = (5, 8), (7, 8)
BLOCK = {"d_model": 8, "num_heads": 2, "ff_dim": 12}
CASES: list[OneLayer] = [
    *[one_layer(cell, SEQUENCE, units=6, num_layers=2) for cell in ("rnn", "lstm", "gru")],
    *[one_layer(cell, SEQUENCE, units=6, return_sequences=True) for cell in ("rnn", "lstm", "gru")],
    *[one_layer(cell, SEQUENCE, (6,), units=6, return_sequences=True) for cell in ("rnn", "lstm", "gru")],
    *[one_layer(cell, SEQUENCE, units=6, bidirectional=True, return_state=True) for cell in ("rnn", "lstm", "gru")],
    one_layer("lstm", SEQUENCE, (12,), units=6, return_state=True),
    one_layer("rnn", SEQUENCE, units=6, activation="relu"),
    *[
        one_layer("bidirectional", SEQUENCE, units=6, num_layers=2, merge_mode=merge, return_sequences=keeps)
        for merge in ("concat", "sum", "ave", "mul")
        for keeps in (True, False)
    ],
    one_layer("bidirectional", SEQUENCE, units=6, layer_type="gru"),
    one_layer("time_distributed", (5, 4, 8), units=6, activation="relu"),
    one_layer("last_state", SEQUENCE),
    one_layer("positional_encoding", SEQUENCE, max_len=9),
    one_layer("positional_encoding", (5, 7), max_len=9, learned=True),
    *[
        one_layer(kind, *shapes, num_heads=2)
        for kind in ("multi_head_attention", "self_attention", "cross_attention")
        for shapes in ((SEQUENCE,), (SEQUENCE, MEMORY), (SEQUENCE, MEMORY, MEMORY), (SEQUENCE, MEMORY, MEMORY, (7,)))
    ],
    one_layer("multi_head_attention", SEQUENCE, (7, 3), (7, 9), (5, 7), embed_dim=6, num_heads=3),
    one_layer("self_attention", SEQUENCE, num_heads=2, causal=True, use_bias=False),
    one_layer("linear_attention", SEQUENCE, num_heads=2),
    one_layer("linear_attention", SEQUENCE, MEMORY, num_heads=2, feature_map="relu"),
    one_layer("linear_attention", SEQUENCE, num_heads=2, causal=True, embed_dim=10),
    one_layer("transformer_encoder", SEQUENCE, **BLOCK),
    one_layer("transformer_encoder", SEQUENCE, **BLOCK, causal=True, activation="gelu"),
    one_layer("transformer_encoder", SEQUENCE, (5,), **BLOCK, num_layers=2),
    one_layer("transformer_decoder", SEQUENCE, **BLOCK),
    one_layer("transformer_decoder", SEQUENCE, MEMORY, **BLOCK, num_layers=2),
]


def _name(case: OneLayer) -> str:
    from_default = one_layer(case.kind, *case.input_shapes).parameters
    changed = {name: value for name, value in case.parameters.items() if value != from_default[name]}
    return f"{case.kind}-{len(case.input_shapes)}-{changed}"


every_case = pytest.mark.parametrize("case", CASES, ids=_name)


@every_case
@pytest.mark.parametrize("training", [True, False])
def test_shape_rules_are_what_jax_computes(case: OneLayer, *, training: bool) -> None:
    output = jax.eval_shape(lambda w, x: case.apply(w, x, training=training), case.weights(), case.inputs())
    assert output.shape == (3, *case.shape())
    assert output.dtype == jnp.float32


@every_case
def test_parameter_counts_are_what_is_drawn(case: OneLayer) -> None:
    assert sum(array.size for array in case.weights().values()) == case.parameter_count()


@every_case
def test_bfloat16_goes_in_and_comes_out(case: OneLayer) -> None:
    weights, inputs = jax.tree.map(lambda x: x.astype(jnp.bfloat16), (case.weights(), case.inputs()))
    assert jax.eval_shape(lambda w, x: case.apply(w, x, training=True), weights, inputs).dtype == jnp.bfloat16


TWO_WAYS = [
    one_layer("multi_head_attention", SEQUENCE, (7, 3), (7, 9), (5, 7), embed_dim=6, num_heads=3),
    one_layer("transformer_decoder", SEQUENCE, MEMORY, **BLOCK),
]


@pytest.mark.slow
@pytest.mark.parametrize("case", TWO_WAYS, ids=_name)
def test_formulations_agree_in_value_and_gradient(case: OneLayer) -> None:
    def loss(weights: Any, inputs: Any, formulation: Formulation) -> Any:
        output = case.apply(weights, inputs, formulation=formulation)
        return jnp.sum(jnp.sin(output)), output

    both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1), has_aux=True), static_argnums=2)
    wanted = both(case.weights(), case.inputs(), Formulation.SLICES)
    got = both(case.weights(), case.inputs(), Formulation.STOCK)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), got, wanted)


DROPPING = [
    one_layer("positional_encoding", SEQUENCE, dropout=0.5),
    one_layer("gru", SEQUENCE, units=6, num_layers=2, dropout=0.5),
    one_layer("self_attention", SEQUENCE, num_heads=2, dropout=0.5),
    one_layer("transformer_decoder", SEQUENCE, MEMORY, **BLOCK, dropout=0.5),
]


@pytest.mark.parametrize("case", DROPPING, ids=lambda case: case.kind)
def test_dropout_changes_training_alone_and_by_its_key(case: OneLayer) -> None:
    weights, inputs = case.weights(), case.inputs()
    trained = jax.jit(lambda key: case.apply(weights, inputs, training=True, key=key))
    first, again, other, still = trained(1), trained(1), trained(2), case.applied(weights, inputs)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)
    assert not np.allclose(first, still)


@pytest.mark.parametrize("case", DROPPING, ids=lambda case: case.kind)
def test_a_dropout_of_zero_draws_nothing(case: OneLayer) -> None:
    without = replace(case, parameters={**case.parameters, "dropout": 0.0})
    drawing = [
        "random" in str(jax.make_jaxpr(lambda w, x, c=one: c.apply(w, x, training=True))(one.weights(), one.inputs()))
        for one in (case, without)
    ]
    assert drawing == [True, False]


def test_dropout_keeps_the_mean() -> None:
    case = one_layer("positional_encoding", (4000, 2), dropout=0.25)
    ones = (np.full((2, 4000, 2), 3.0, np.float32),)
    ratio = case.applied({}, ones, training=True) / case.applied({}, ones)
    np.testing.assert_allclose(np.unique(np.round(ratio, 5)), [0.0, 1.33333], rtol=1e-4)
    assert abs(float(jnp.mean(ratio)) - 1.0) < 0.03
