"""Transformer blocks against pre-norm blocks written out in numpy, and what a decoder may see."""

from typing import Any

import jax
import numpy as np
import pytest

from server_node.training.layers import transformer
from tests.server_node.training.layers.one_layer import one_layer

SEQUENCE, MEMORY = (5, 8), (7, 8)
BLOCK = {"d_model": 8, "num_heads": 2, "ff_dim": 12}


def _norm(x: Any, weights: Any, name: str) -> Any:
    centred = x - x.mean(axis=-1, keepdims=True)
    unit = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return unit * weights[f"{name}_norm_scale"] + weights[f"{name}_norm_bias"]


def _attention(own: Any, others: Any, weights: Any, part: str, allowed: Any) -> Any:
    def heads(x: Any, name: str) -> Any:
        rows = x @ weights[f"{part}_{name}_kernel"] + weights[f"{part}_{name}_bias"]
        return rows.reshape(*rows.shape[:2], 2, -1).transpose(0, 2, 1, 3)

    q, k, v = heads(own, "query"), heads(others, "key"), heads(others, "value")
    scores = np.where(allowed, q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1]), -np.inf)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    joined = (shares / shares.sum(axis=-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(own.shape)
    return joined @ weights[f"{part}_output_kernel"] + weights[f"{part}_output_bias"]


def _block(x: Any, memory: Any, weights: Any, allowed: Any) -> Any:
    own = _norm(x, weights, "attention")
    x = x + _attention(own, own, weights, "attention", allowed)
    if memory is not None:
        x = x + _attention(_norm(x, weights, "memory"), memory, weights, "memory", True)
    inner = np.maximum(_norm(x, weights, "feed_forward") @ weights["inner_kernel"] + weights["inner_bias"], 0)
    return x + inner @ weights["outer_kernel"] + weights["outer_bias"]


def _blocks(x: Any, memory: Any, weights: Any, allowed: Any, count: int) -> Any:
    for block in range(count):
        prefix = f"block_{block}."
        own = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
        x = _block(x, memory, own, allowed)
    return x


in_a_loop_too = pytest.mark.parametrize("written_out", [24, 1], ids=["written_out", "in_a_loop"])


@in_a_loop_too
@pytest.mark.parametrize("count", [1, 3])
def test_an_encoder_is_pre_norm_blocks_one_behind_the_other(
    monkeypatch: pytest.MonkeyPatch, count: int, written_out: int
) -> None:
    monkeypatch.setattr(transformer, "MOST_WRITTEN_OUT", written_out)
    case = one_layer("transformer_encoder", SEQUENCE, **BLOCK, num_layers=count, dropout=0)
    weights, (x,) = case.weights(), case.inputs()
    wanted = _blocks(x, None, weights, True, count)
    np.testing.assert_allclose(case.applied(weights, (x,), training=True), wanted, rtol=1e-4, atol=1e-4)


def test_a_decoder_looks_back_and_at_its_memory() -> None:
    case = one_layer("transformer_decoder", SEQUENCE, MEMORY, **BLOCK, num_layers=2)
    weights, (x, memory) = case.weights(), case.inputs()
    wanted = _blocks(x, memory, weights, np.tri(5, dtype=bool), 2)
    np.testing.assert_allclose(case.applied(weights, (x, memory)), wanted, rtol=1e-4, atol=1e-4)


def test_a_decoder_without_memory_is_a_causal_encoder() -> None:
    decoder = one_layer("transformer_decoder", SEQUENCE, **BLOCK)
    encoder = one_layer("transformer_encoder", SEQUENCE, **BLOCK, causal=True)
    weights, inputs = decoder.weights(), decoder.inputs()
    np.testing.assert_array_equal(decoder.applied(weights, inputs), encoder.applied(weights, inputs))


@in_a_loop_too
def test_no_position_of_a_decoder_depends_on_a_later_one(monkeypatch: pytest.MonkeyPatch, written_out: int) -> None:
    monkeypatch.setattr(transformer, "MOST_WRITTEN_OUT", written_out)
    case = one_layer("transformer_decoder", SEQUENCE, **BLOCK, num_layers=2)
    weights, (x,) = case.weights(), case.inputs(batch=1)
    slopes = jax.jit(jax.jacobian(lambda given: case.apply(weights, (given,)).sum(axis=(0, 2))))(x)
    reach = np.abs(np.asarray(slopes)).sum(axis=(1, 3))
    assert np.all(reach[np.triu_indices(5, 1)] == 0)
    assert np.all(np.diag(reach) > 0)


def test_many_blocks_compile_as_one() -> None:
    def length(count: int) -> int:
        case = one_layer("transformer_encoder", SEQUENCE, **BLOCK, num_layers=count)
        return len(str(jax.make_jaxpr(case.apply)(case.weights(), case.inputs()).eqns))

    assert length(60) < length(24)
