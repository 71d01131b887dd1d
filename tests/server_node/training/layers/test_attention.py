"""Attention against the formulas of the papers, written out in numpy."""

from typing import Any

import numpy as np
import pytest

from server_node.training.layers.layer import Formulation
from tests.server_node.training.layers.one_layer import one_layer

QUERY, KEY, VALUE, HEADS = (5, 8), (7, 6), (7, 3), 2
both_formulations = pytest.mark.parametrize("formulation", [Formulation.SLICES, Formulation.STOCK])


def _projected(values: Any, weights: Any, name: str) -> Any:
    rows = values @ weights[f"{name}_kernel"] + weights[f"{name}_bias"]
    return rows.reshape(*rows.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)


def _joined(heads: Any, weights: Any) -> Any:
    joined = heads.transpose(0, 2, 1, 3)
    return joined.reshape(*joined.shape[:2], -1) @ weights["output_kernel"] + weights["output_bias"]


def _attention(weights: Any, query: Any, key: Any, value: Any, allowed: Any) -> Any:
    q, k, v = (
        _projected(x, weights, name) for x, name in zip((query, key, value), ("query", "key", "value"), strict=True)
    )
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
    scores = np.where(allowed, scores, -np.inf)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return _joined(shares / shares.sum(axis=-1, keepdims=True) @ v, weights)


def _close(got: Any, wanted: Any) -> None:
    np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=2e-6)


@both_formulations
def test_attention_over_another_sequence_is_the_papers(formulation: Formulation) -> None:
    case = one_layer("multi_head_attention", QUERY, KEY, VALUE, num_heads=HEADS)
    weights, (query, key, value) = case.weights(), case.inputs()
    wanted = _attention(weights, query, key, value, True)
    _close(case.applied(weights, (query, key, value), formulation=formulation), wanted)


@both_formulations
def test_causal_attention_sees_nothing_ahead(formulation: Formulation) -> None:
    case = one_layer("self_attention", QUERY, num_heads=HEADS, causal=True)
    weights, (x,) = case.weights(), case.inputs()
    _close(case.applied(weights, (x,), formulation=formulation), _attention(weights, x, x, x, np.tri(5, dtype=bool)))


@both_formulations
@pytest.mark.parametrize("shape", [(7,), (5, 7)])
def test_a_mask_of_zeros_and_ones_hides_keys(formulation: Formulation, shape: tuple[int, ...]) -> None:
    case = one_layer("cross_attention", QUERY, KEY, VALUE, shape, num_heads=HEADS)
    weights, (query, key, value, _) = case.weights(), case.inputs()
    mask = (np.random.default_rng(1).random((3, *shape)) < 0.6).astype(np.float32)
    mask[..., 0] = 1.0
    allowed = mask.reshape(3, 1, -1, 7) != 0
    got = case.applied(weights, (query, key, value, mask), formulation=formulation)
    _close(got, _attention(weights, query, key, value, allowed))


def test_a_missing_value_is_the_key() -> None:
    two = one_layer("cross_attention", QUERY, KEY, num_heads=HEADS)
    three = one_layer("cross_attention", QUERY, KEY, KEY, num_heads=HEADS)
    weights, (query, key) = two.weights(), two.inputs()
    np.testing.assert_array_equal(two.applied(weights, (query, key)), three.applied(weights, (query, key, key)))


@pytest.mark.parametrize(("is_causal", "length"), [(False, 5), (True, 5), (True, 64), (True, 150)])
def test_linear_attention_is_the_papers_sum(is_causal: bool, length: int) -> None:
    case = one_layer("linear_attention", (length, 8), num_heads=HEADS, causal=is_causal)
    weights, (x,) = case.weights(), case.inputs()
    q, k, v = (_projected(x, weights, name) for name in ("query", "key", "value"))
    q, k = (np.where(part > 0, part + 1, np.exp(part)) for part in (q, k))
    shares = (q @ k.transpose(0, 1, 3, 2)) * (np.tri(length) if is_causal else 1.0)
    wanted = _joined(shares @ v / (shares.sum(axis=-1, keepdims=True) + 1e-6), weights)
    np.testing.assert_allclose(case.applied(weights, (x,)), wanted, rtol=2e-4, atol=2e-5)
