"""The zoo's models train on data of their kind."""

from typing import Any

import pytest

from server_node.training.api import TrainingEnvironment
from shared.job_check import check_job_spec
from shared.job_spec import job_spec_from_mapping
from tests.server_node.training.builders import finished


@pytest.mark.parametrize(
    ("model", "dataset", "loss"),
    [
        (
            {"architecture": "vit", "width": 16, "depth": 1, "heads": 2},
            "synthetic://images?samples=32&height=8&width=8",
            "",
        ),
        (
            {"architecture": "gpt", "vocab_size": 16, "context": 12, "width": 16, "depth": 1, "heads": 2},
            "synthetic://tokens?samples=32&length=12&vocab=16&classes=0",
            "",
        ),
        (
            {"architecture": "autoencoder", "input_shape": [4, 4, 1], "hidden": [8], "code": 4},
            "synthetic://images?samples=32&height=4&width=4&target=input",
            "mse",
        ),
    ],
)
def test_a_model_of_the_zoo_learns(
    model: dict[str, Any], dataset: str, loss: str, environment: TrainingEnvironment
) -> None:
    settings = {"seed": 2, "learning_rate": 0.01, **({"loss": loss} if loss else {})}
    spec = job_spec_from_mapping(
        {"model": model, "dataset": dataset, "batch_size": 8, "epochs": 5, "hyperparameters": settings}
    )
    check_job_spec(spec)
    history = finished(spec, environment).history
    assert history[-1].values["loss"] < history[0].values["loss"]
