"""Every loss against optax or the written formula; which models and data go with which."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from server_node.training.api import TrainingEnvironment, prepare
from server_node.training.losses import LOSSES
from shared.errors import UserMistake
from tests.server_node.training.builders import SMALL, a_job, finished

NONE = jnp.float32(0)
LOGITS = jnp.asarray([[2.0, -1.0, 0.5], [0.1, 3.0, -40.0]])
LABELS = jnp.asarray([2, 1], jnp.int32)
REGRESSION = "synthetic://regression?samples=200&features=4&outputs=2&seed=2"
TWO_CLASSES = "synthetic://classification?samples=200&features=8&classes=2&seed=3"


def test_cross_entropy_and_likelihood_agree_on_log_probabilities() -> None:
    wanted = optax.softmax_cross_entropy_with_integer_labels(LOGITS, LABELS)
    np.testing.assert_allclose(LOSSES["cross_entropy"](LOGITS, LABELS, NONE), wanted, rtol=1e-5)
    np.testing.assert_allclose(LOSSES["nll"](jax.nn.log_softmax(LOGITS), LABELS, NONE), wanted, rtol=1e-5)


@pytest.mark.parametrize("loss", ["cross_entropy", "nll"])
def test_a_label_for_every_token_gives_the_mean_over_the_tokens(loss: str) -> None:
    outputs = jax.nn.log_softmax(jnp.sin(jnp.arange(2.0 * 3 * 5)).reshape(2, 3, 5))
    targets = jnp.asarray([[0, 1, 2], [4, 4, 0]], jnp.int32)
    single = [LOSSES[loss](outputs[:, place], targets[:, place], NONE) for place in range(3)]
    np.testing.assert_allclose(LOSSES[loss](outputs, targets, NONE), np.mean(single, axis=0), rtol=1e-6)


def test_huber_is_square_near_and_straight_far() -> None:
    errors, zeros = jnp.asarray([[0.5, -3.0]]), jnp.zeros((1, 2))
    wanted = np.mean([0.5 * 0.25, 2.5])
    for loss in ("huber", "smooth_l1"):
        assert float(LOSSES[loss](errors, zeros, NONE)[0]) == pytest.approx(wanted)
    assert float(LOSSES["l1"](errors, zeros, NONE)[0]) == pytest.approx(1.75)


def test_binary_cross_entropy_is_the_same_on_both_sides_of_the_sigmoid() -> None:
    logits, targets = jnp.asarray([[0.3, -2.0], [4.0, -5.0]]), jnp.asarray([[1.0, 0.0], [0.25, 1.0]])
    with_logits = LOSSES["bce_with_logits"](logits, targets, NONE)
    wanted = jnp.mean(optax.sigmoid_binary_cross_entropy(logits, targets), axis=-1)
    np.testing.assert_allclose(with_logits, wanted, rtol=1e-5)
    np.testing.assert_allclose(LOSSES["bce"](jax.nn.sigmoid(logits), targets, NONE), wanted, rtol=1e-5)


def test_binary_cross_entropy_stays_finite_where_it_is_certain_and_wrong() -> None:
    def loss(outputs: jax.Array) -> jax.Array:
        return jnp.sum(LOSSES["bce"](outputs, jnp.asarray([[1.0, 0.0]]), NONE))

    value, gradient = jax.value_and_grad(loss)(jnp.asarray([[0.0, 1.0]]))
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))


CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "l1": ({"units": 2}, {"dataset": REGRESSION, "loss": "l1"}),
    "huber": ({"units": 2}, {"dataset": REGRESSION, "loss": "huber"}),
    "nll": ({"units": 3, "activation": "softmax"}, {"loss": "nll"}),
    "one yes or no": ({"units": 1, "activation": "sigmoid"}, {"dataset": TWO_CLASSES, "loss": "bce"}),
    "one logit": ({"units": 1}, {"dataset": TWO_CLASSES, "loss": "bce_with_logits"}),
    "many yes or no": ({"units": 3}, {"loss": "bce_with_logits"}),
    "reconstruction": ({"units": 8}, {"dataset": f"{SMALL}&target=input", "loss": "mse"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_every_loss_is_made_smaller(environment: TrainingEnvironment, name: str) -> None:
    last, job = CASES[name]
    layers = ({"type": "dense", "units": 16, "activation": "tanh"}, {"type": "dense", **last})
    run = finished(a_job(layers, epochs=5, learning_rate=0.01, **job), environment)
    losses = [row.values["loss"] for row in run.history]
    assert losses[-1] < losses[0]
    if "yes or no" in name or name == "one logit":
        assert run.history[-1].values["accuracy"] > 0.6


def test_a_softmax_before_nll_is_computed_inside_the_loss(environment: TrainingEnvironment) -> None:
    layers = ({"type": "dense", "units": 3, "activation": "softmax"},)
    assert prepare(a_job(layers, loss="nll"), environment).setup.structure.loss == "cross_entropy"
    one = ({"type": "dense", "units": 1, "activation": "sigmoid"},)
    assert prepare(a_job(one, TWO_CLASSES, loss="bce"), environment).setup.structure.loss == "bce_with_logits"


@pytest.mark.parametrize(
    ("last", "job", "words"),
    [
        ({"units": 1}, {"dataset": TWO_CLASSES, "loss": "bce"}, "end the model with a sigmoid"),
        ({"units": 1}, {"loss": "bce_with_logits"}, "at least 3 units"),
        ({"units": 2}, {"dataset": REGRESSION, "loss": "nll"}, "expects integer labels"),
        ({"units": 2}, {"dataset": REGRESSION, "loss": "bce_with_logits"}, "expects targets from 0 to 1"),
        ({"units": 3}, {"dataset": REGRESSION, "loss": "l1"}, "as many units as there are targets"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(
    environment: TrainingEnvironment, last: dict[str, Any], job: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserMistake, match=words):
        prepare(a_job([{"type": "dense", **last}], **job), environment)
