"""Every optimizer, as a word and as a designer's node, walks as its paper says; so does clipping in front of it."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.host_numbers import host_numbers
from server_node.training.layers.layer import Formulation
from server_node.training.optimizers import OPTIMIZERS
from server_node.training.plan import _known_form
from server_node.training.setup import TrainingSetup, training_setup
from server_node.training.train_state import TrainState, zero_sums
from server_node.training.updates import updated
from shared.hyperparameter_names import Optimizer
from shared.hyperparameter_strings import hyperparameters_from_values
from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.model_definition.vocabulary import SETTINGS_ROLES, SettingsRole
from tests.server_node.training.builders import SMALL, a_job
from tests.server_node.training.written_formulas import UPDATES, Array, Memory, Rates
from tests.shared.definitions import designer_graph, designer_node

RATES = Rates()
STEPS = 12
"""Enough for a rectified Adam to become one."""
SAID: dict[str, Any] = {
    "learning_rate": RATES.rate,
    "weight_decay": RATES.decay,
    "momentum": RATES.momentum,
    "beta1": RATES.beta1,
    "beta2": RATES.beta2,
    "epsilon": RATES.epsilon,
}
BETAS = {"beta1": RATES.beta1, "beta2": RATES.beta2, "epsilon": RATES.epsilon}
ADAM = {"betas": f"({RATES.beta1}, {RATES.beta2})", "eps": str(RATES.epsilon)}
NODES: dict[str, tuple[int, dict[str, str], dict[str, Any]]] = {
    "SGD": (59, {}, {"optimizer": "sgd"}),
    "SGD with momentum": (59, {"momentum": "0.8"}, {"optimizer": "momentum", "momentum": 0.8}),
    "SGD after Nesterov": (
        59,
        {"momentum": "0.8", "nesterov": "true"},
        {"optimizer": "nesterov", "momentum": 0.8},
    ),
    "Adam": (60, ADAM, {"optimizer": "adam", **BETAS}),
    "AdamW": (61, ADAM, {"optimizer": "adamw", **BETAS}),
    "RMSprop": (
        62,
        {"alpha": "0.95", "momentum": "0.8", "eps": "0.001"},
        {"optimizer": "rmsprop", "beta2": 0.95, "momentum": 0.8, "epsilon": 0.001},
    ),
    "Adagrad": (63, {"eps": "0.001"}, {"optimizer": "adagrad", "epsilon": 0.001}),
    "NAdam": (64, ADAM, {"optimizer": "nadam", **BETAS}),
}
"""By what is drawn: the code, the node's parameters, and the words that say the same."""
START = ({"kernel": np.array([[1.0, -2.0], [0.5, 3.0]]), "bias": np.array([0.3, -0.7])},)


def setup_of(spec: JobSpec) -> TrainingSetup:
    form = _known_form(SMALL)
    assert form is not None
    return training_setup(spec, form, Formulation.SLICES)


def drawn_job(code: int, **parameters: str) -> JobSpec:
    layer, said = designer_node(1, 0, units="3"), {"lr": str(RATES.rate), "weight_decay": str(RATES.decay)}
    graph = designer_graph([layer, designer_node(2, code, **said, **parameters)], (1, 2))
    return job_spec_from_mapping({"model": graph, "dataset": SMALL, "batch_size": 16, "epochs": 3})


def gradient_at(step: int, start: Array) -> Array:
    """A gradient that changes its sign now and then, and is 0 at first for one of the weights."""
    found: Array = np.sin(np.arange(start.size) * (1 + step) + step).reshape(start.shape)
    return found


def walked(setup: TrainingSetup, scale: float = 1.0) -> Any:
    """The weights after some updates by the engine's own function, one compiled call each."""
    numbers = host_numbers(setup)
    weights: Any = jax.tree.map(jnp.float32, START)
    optimizer = OPTIMIZERS[setup.structure.optimizer].make(jnp.float32(0), numbers).init(weights)
    zero = jnp.float32(0)

    @jax.jit
    def move(weights: Any, optimizer: Any, gradients: Any, numbers: Any) -> Any:
        state = TrainState(weights, (), optimizer, jnp.int32(0), zero, zero_sums(), zero_sums(), jnp.int32(0), ())
        return updated(setup.structure, state, gradients, numbers.learning_rate, numbers)

    for step in range(STEPS):
        gradients = jax.tree.map(lambda array, step=step: jnp.float32(scale * gradient_at(step, array)), START)
        weights, optimizer = move(weights, optimizer, gradients, numbers)
    return weights


def walked_by_hand(optimizer: str, scales: list[float]) -> Any:
    def walk(start: Array) -> Array:
        array, memory = start, Memory()
        for step, scale in enumerate(scales):
            array = UPDATES[optimizer](array, scale * gradient_at(step, start), step + 1, memory, RATES)
        return array

    return jax.tree.map(walk, START)


def assert_same(ours: Any, theirs: Any) -> None:
    for got, wanted in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=2e-6)


def test_every_optimizer_has_its_formula_and_every_code_its_walk() -> None:
    assert set(UPDATES) == set(Optimizer)
    drawn = {name for name, role in SETTINGS_ROLES.items() if role is SettingsRole.OPTIMIZER}
    assert {name.split()[0] for name in NODES} == drawn


@pytest.mark.parametrize("name", UPDATES)
def test_a_word_walks_as_its_paper_says(name: str) -> None:
    said = {key: value for key, value in SAID.items() if name != "sgd" or key != "momentum"}
    assert_same(walked(setup_of(a_job(optimizer=name, **said))), walked_by_hand(name, [1.0] * STEPS))


@pytest.mark.parametrize("name", NODES)
def test_a_designers_node_says_what_the_words_say(name: str) -> None:
    code, parameters, words = NODES[name]
    said = {"learning_rate": RATES.rate, "weight_decay": RATES.decay, **words}
    assert drawn_job(code, **parameters).hyperparameters == hyperparameters_from_values(said)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_clipping_shortens_what_is_longer_than_the_limit_and_leaves_the_rest(optimizer: str) -> None:
    limit = 1.5
    norms = [
        np.sqrt(sum(np.sum(gradient_at(step, array) ** 2) for array in jax.tree.leaves(START))) for step in range(STEPS)
    ]
    scales = [min(1.0, limit / norm) for norm in norms]
    assert min(scales) < 1.0
    assert max(scales) == 1.0
    said = {key: value for key, value in SAID.items() if key != "momentum"}
    setup = setup_of(a_job(optimizer=optimizer, gradient_clip_norm=limit, **said))
    assert_same(walked(setup), walked_by_hand(optimizer, scales))
