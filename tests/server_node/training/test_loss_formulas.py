"""Every loss, as a word and as a designer's node, has its formula's value and its formula's slope."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.losses import LOSSES
from shared.hyperparameter_names import Loss
from shared.model_definition.vocabulary import DESIGNER_NAMES, SETTINGS_ROLES, SettingsRole
from tests.server_node.training.written_formulas import LOSS_FORMULAS, Array, sigmoid, softmax
from tests.shared.definitions import designer_graph, designer_node, parsed

RNG = np.random.default_rng(11)
VALUES = RNG.normal(size=(6, 5)) * 2
LABELS = RNG.integers(0, 5, 6)
WANTED = RNG.normal(size=(6, 5)) * 2
YES_OR_NO = RNG.integers(0, 2, (6, 5)).astype(np.float64)
EXAMPLES: dict[str, tuple[Array, Any]] = {
    "cross_entropy": (VALUES, LABELS),
    "nll": (np.log(softmax(VALUES)), LABELS),
    "mse": (VALUES, WANTED),
    "l1": (VALUES, WANTED),
    "smooth_l1": (VALUES, WANTED),
    "huber": (VALUES, WANTED),
    "bce": (sigmoid(VALUES), YES_OR_NO),
    "bce_with_logits": (VALUES, YES_OR_NO),
}
CODES = {51: "mse", 52: "cross_entropy", 53: "bce", 54: "bce_with_logits", 55: "l1", 56: "smooth_l1", 57: "huber"} | {
    58: "nll"
}


def slopes(name: str, outputs: Array, targets: Any, smoothing: float) -> Array:
    """The derivative of the sum over the examples by every output, from two neighbours each."""
    found, nearby = np.zeros_like(outputs), 1e-6
    for place in np.ndindex(outputs.shape):
        moved = np.zeros_like(outputs)
        moved[place] = nearby
        after, before = (LOSS_FORMULAS[name](outputs + sign * moved, targets, smoothing).sum() for sign in (1, -1))
        found[place] = (after - before) / (2 * nearby)
    return found


def on_device(targets: Any) -> jax.Array:
    return jnp.asarray(targets, jnp.int32 if np.issubdtype(targets.dtype, np.integer) else jnp.float32)


def test_every_loss_has_its_formula_and_every_code_its_loss() -> None:
    assert set(LOSS_FORMULAS) == set(EXAMPLES) == set(Loss) == set(CODES.values())
    assert {DESIGNER_NAMES[code] for code in CODES} == {
        name for name, role in SETTINGS_ROLES.items() if role is SettingsRole.LOSS
    }


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_has_its_formulas_value_and_slope(name: str, smoothing: float) -> None:
    outputs, targets = EXAMPLES[name]

    def total(given: jax.Array) -> tuple[jax.Array, jax.Array]:
        losses = LOSSES[name](given, on_device(targets), jnp.float32(smoothing))
        return jnp.sum(losses), losses

    slope, losses = jax.jit(jax.grad(total, has_aux=True))(jnp.asarray(outputs, jnp.float32))
    np.testing.assert_allclose(losses, LOSS_FORMULAS[name](outputs, targets, smoothing), rtol=1e-5)
    np.testing.assert_allclose(slope, slopes(name, outputs, targets, smoothing), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["mse", "l1", "huber", "bce_with_logits"])
def test_labels_count_as_one_hot_for_a_loss_of_values(name: str) -> None:
    found = LOSSES[name](jnp.asarray(VALUES, jnp.float32), on_device(LABELS), jnp.float32(0))
    np.testing.assert_allclose(found, LOSS_FORMULAS[name](VALUES, np.eye(5)[LABELS], 0.0), rtol=1e-5)


@pytest.mark.parametrize("code", CODES)
def test_a_designers_code_names_its_loss(code: int) -> None:
    graph = designer_graph([designer_node(1, 0, units="5"), designer_node(2, code)], (1, 2))
    assert parsed(graph).job_settings["loss"] == CODES[code]
