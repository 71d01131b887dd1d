"""Every schedule, as a word and as a designer's node, gives its formula's rate at every step of a run."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.host_numbers import host_numbers
from server_node.training.schedules import SCHEDULES, learning_rate_at
from server_node.training.setup import TrainingSetup
from shared.errors import InvalidField
from shared.hyperparameter_names import Schedule
from shared.job_spec import JobSpec, job_spec_from_mapping
from tests.server_node.training.builders import SMALL, a_job
from tests.server_node.training.test_optimizer_formulas import setup_of
from tests.server_node.training.written_formulas import Array, rate_at
from tests.shared.definitions import designer_graph, designer_node

PEAK, EPOCHS, STEPS_PER_EPOCH = 0.5, 6, 7
TOTAL = EPOCHS * STEPS_PER_EPOCH
EPOCH_OF = np.arange(TOTAL) // STEPS_PER_EPOCH


def rates(setup: TrainingSetup, steps: int = TOTAL) -> Array:
    numbers, schedule = host_numbers(setup), setup.structure.schedule
    found = jax.vmap(lambda step: learning_rate_at(schedule, step, numbers))(jnp.arange(steps))
    return np.asarray(found, np.float64)


def drawn_job(*nodes: tuple[int, dict[str, str]]) -> JobSpec:
    drawn = [designer_node(place, code, **parameters) for place, (code, parameters) in enumerate(nodes, start=2)]
    graph = designer_graph([designer_node(1, 0, units="3"), *drawn], *((1, node["id"]) for node in drawn))
    said = {"learning_rate": PEAK}
    return job_spec_from_mapping(
        {"model": graph, "dataset": SMALL, "batch_size": 16, "epochs": EPOCHS, "hyperparameters": said}
    )


@pytest.mark.parametrize("warmup", [0, 5])
@pytest.mark.parametrize("name", SCHEDULES)
def test_a_word_gives_its_formula_at_every_step(name: str, warmup: int) -> None:
    numbers: dict[str, Any] = {"end_learning_rate": 0.05, "decay_rate": 0.5}
    setup = setup_of(a_job(schedule=name, learning_rate=PEAK, warmup_steps=warmup, decay_steps=12, **numbers))
    wanted = [rate_at(name, t, peak=PEAK, end=0.05, warmup=warmup, decay=12, factor=0.5) for t in range(TOTAL)]
    np.testing.assert_allclose(rates(setup), wanted, rtol=1e-5)


@pytest.mark.parametrize(("name", "warmup"), [("warmup_cosine", 4), ("one_cycle", 12), ("cosine", 0), ("linear", 0)])
def test_a_fall_that_is_not_said_ends_with_the_run(name: str, warmup: int) -> None:
    setup = setup_of(a_job(schedule=name, learning_rate=PEAK, epochs=EPOCHS))
    decay = TOTAL - warmup
    wanted = [rate_at(name, t, peak=PEAK, end=0.0, warmup=warmup, decay=decay, factor=0.1) for t in range(TOTAL)]
    np.testing.assert_allclose(rates(setup), wanted, rtol=1e-4, atol=1e-7)


def test_every_word_has_a_formula() -> None:
    assert set(SCHEDULES) == set(Schedule)


def test_code_65_multiplies_after_so_many_epochs() -> None:
    setup = setup_of(drawn_job((65, {"step_size": "2", "gamma": "0.5"})))
    np.testing.assert_allclose(rates(setup), PEAK * 0.5 ** (EPOCH_OF // 2), rtol=1e-5)


def test_code_66_is_half_a_cosine_over_its_epochs() -> None:
    setup = setup_of(drawn_job((66, {"T_max": "6", "eta_min": "0.1"})))
    at_starts = 0.1 + (PEAK - 0.1) * (1 + np.cos(np.pi * np.arange(EPOCHS) / 6)) / 2
    np.testing.assert_allclose(rates(setup)[::STEPS_PER_EPOCH], at_starts, rtol=1e-5)


def test_code_67_is_refused_by_its_node() -> None:
    with pytest.raises(InvalidField, match=r"node 2.*when a metric stops falling.*not supported yet"):
        drawn_job((67, {}))


def test_code_68_multiplies_after_every_epoch() -> None:
    setup = setup_of(drawn_job((68, {"gamma": "0.9"})))
    np.testing.assert_allclose(rates(setup), PEAK * 0.9**EPOCH_OF, rtol=1e-5)


def test_code_69_rises_in_front_of_the_fall() -> None:
    setup = setup_of(drawn_job((69, {"warmup_epochs": "1"}), (66, {"T_max": "5"})))
    wanted = [
        rate_at("cosine", t, peak=PEAK, end=0.0, warmup=STEPS_PER_EPOCH, decay=5 * STEPS_PER_EPOCH, factor=1.0)
        for t in range(TOTAL)
    ]
    np.testing.assert_allclose(rates(setup), wanted, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("code", [70, 71, 72])
def test_penalties_of_codes_70_to_72_are_refused_by_their_node(code: int) -> None:
    with pytest.raises(InvalidField, match=r"node 2.*weight_decay of the optimizer"):
        drawn_job((code, {}))
