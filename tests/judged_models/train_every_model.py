"""Every judged model that is not true to size trains: run by `make judge`, too long for every day."""

from __future__ import annotations

import math

import pytest

from server_node.training.api import TrainingEnvironment
from tests.judged_models.corpus import SMALL
from tests.judged_models.judged_model import JudgedModel
from tests.judged_models.trained import is_falling, loss_of_an_epoch, losses_on_one_batch
from tests.server_node.training.builders import an_environment

every_model = pytest.mark.parametrize("model", SMALL, ids=lambda model: model.name)


@pytest.fixture(scope="module")
def environment() -> TrainingEnvironment:
    return an_environment()


@every_model
def test_an_epoch_is_trained(model: JudgedModel, environment: TrainingEnvironment) -> None:
    assert math.isfinite(loss_of_an_epoch(model, environment))


@every_model
def test_the_loss_on_one_batch_falls(model: JudgedModel, environment: TrainingEnvironment) -> None:
    assert is_falling(losses_on_one_batch(model, environment))
