"""A plan says what a run then takes, without running."""

from pathlib import Path

import numpy as np
import pytest

from server_node.training.api import TrainingEnvironment, plan_memory, prepare
from server_node.training.data.digits import load_digits
from server_node.training.plan import DIGITS_TRAIN_EXAMPLES
from shared.errors import BadData
from tests.server_node.training.builders import CNN, a_job, an_environment


@pytest.mark.parametrize("dataset", ["builtin://digits", "synthetic://images?samples=1000&height=8&width=8"])
def test_a_plan_is_what_preparing_then_counts(environment: TrainingEnvironment, dataset: str) -> None:
    spec = a_job(CNN, dataset, batch_size=256, validation_split=0.1)
    plan = plan_memory(spec, environment)
    prepared = prepare(spec, environment)

    assert plan.memory == prepared.memory
    assert plan.memory_bytes == sum((plan.memory.program_bytes, plan.memory.data_bytes, plan.memory.state_bytes))
    assert plan.flops_per_step > 1e6
    assert [layer.kind for layer in plan.layers] == [
        "input",
        "conv2d",
        "max_pool2d",
        "batch_norm",
        "dropout",
        "flatten",
        "dense",
    ]
    assert plan.parameters == sum(array.size for name, array in prepared.result().weights.items()) - 16
    assert prepared.memory.data_bytes >= prepared._parts.dataset.size_bytes


def test_a_plan_for_a_file_opens_it(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=np.zeros((40, 5), np.float32), y=np.arange(40) % 3)
    spec = a_job(dataset=f"file://{tmp_path}/d.npz")
    assert plan_memory(spec, an_environment(tmp_path)).layers[0].output_shape == (5,)
    with pytest.raises(BadData, match="no data root"):
        plan_memory(spec, an_environment())


def test_the_known_form_of_digits_is_theirs() -> None:
    assert load_digits().train_examples == DIGITS_TRAIN_EXAMPLES
