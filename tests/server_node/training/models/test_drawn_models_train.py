"""Well-known models, drawn in both forms, train: an epoch on data of their shape, and a loss that falls."""

import math

import pytest

from server_node.training.api import PreparedTraining, TrainingEnvironment, plan_memory
from shared.job_check import check_job_spec
from shared.job_spec import JobSpec, job_spec_from_mapping
from tests.server_node.training.builders import finished
from tests.shared.drawn_models import SMALL, DrawnModel

# The others were trained by hand; compiling them adds half a minute and no other way through the engine.
TRAINED = ("unet", "small_mobilenet", "encoder", "translator", "linearattention", "bi_lstm", "conv_autoencoder")


def a_job_of(model: DrawnModel, *, is_pattern: bool, epochs: int = 1) -> JobSpec:
    return job_spec_from_mapping(
        {
            "model": model.pattern_form() if is_pattern else model.designer_form(),
            "dataset": model.dataset,
            "batch_size": 8,
            "epochs": epochs,
            "hyperparameters": {"seed": 3, "learning_rate": 3e-3, **({"loss": model.loss} if model.loss else {})},
        }
    )


def losses(prepared: PreparedTraining) -> list[float]:
    return [row.values["loss"] for row in prepared.history]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "model"), list(enumerate(model for model in SMALL if model.name in TRAINED)), ids=str
)
def test_a_drawn_model_is_planned_and_its_loss_falls(
    place: int, model: DrawnModel, environment: TrainingEnvironment
) -> None:
    spec = a_job_of(model, is_pattern=place % 2 == 0, epochs=5)
    check_job_spec(spec)
    assert plan_memory(spec, environment).parameters == model.parameters
    found = losses(finished(spec, environment))
    assert all(math.isfinite(loss) for loss in found)
    assert found[-1] < found[0]
