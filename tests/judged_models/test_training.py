"""A few of the judged models, one of each sort, learn one batch; `make judge` trains them all."""

from __future__ import annotations

import pytest

from server_node.training.api import TrainingEnvironment
from tests.judged_models.corpus import SMALL
from tests.judged_models.judged_model import JudgedModel
from tests.judged_models.trained import is_falling, losses_on_one_batch
from tests.server_node.training.builders import an_environment

SAMPLE = {"autoencoder", "squeeze_and_excite", "elman", "siamese", "pattern_gate", "row_norms"}


@pytest.fixture(scope="module")
def environment() -> TrainingEnvironment:
    return an_environment()


@pytest.mark.parametrize("model", [model for model in SMALL if model.name in SAMPLE], ids=lambda model: model.name)
def test_the_loss_on_one_batch_falls(model: JudgedModel, environment: TrainingEnvironment) -> None:
    assert is_falling(losses_on_one_batch(model, environment))
