"""The first guess of a job's memory."""

from __future__ import annotations

from central_server.scheduler.memory_estimate import OVERHEAD_BYTES, UNKNOWN_MODEL_BYTES, estimate_bytes
from shared.hyperparameter_names import Optimizer
from shared.hyperparameters import Hyperparameters
from tests.builders import a_spec

_DIGITS_FLOATS = 1_797 * 64
_PARAMETERS = 64 * 10 + 10
_ACTIVATIONS = 64 + 64 + 10
"""The image, flattened, and the ten outputs."""


def test_weights_gradients_moments_activations_and_data_are_counted() -> None:
    spec = a_spec(batch_size=32, hyperparameters=Hyperparameters(optimizer=Optimizer.ADAM))
    floats = _PARAMETERS * 4 + _ACTIVATIONS * 2 * 32 + _DIGITS_FLOATS
    assert estimate_bytes(spec) == floats * 4 + OVERHEAD_BYTES


def test_plain_descent_keeps_no_moments() -> None:
    spec = a_spec(batch_size=32, hyperparameters=Hyperparameters(optimizer=Optimizer.SGD))
    floats = _PARAMETERS * 2 + _ACTIVATIONS * 2 * 32 + _DIGITS_FLOATS
    assert estimate_bytes(spec) == floats * 4 + OVERHEAD_BYTES


def test_data_that_nobody_has_opened_gets_a_fixed_sum() -> None:
    assert estimate_bytes(a_spec(dataset="file:///data/train.npz")) == UNKNOWN_MODEL_BYTES


def test_a_model_that_does_not_fit_its_data_is_left_to_the_node() -> None:
    spec = a_spec(model_definition='{"layers":[{"type":"dense","units":4},{"type":"conv2d"}]}')
    assert estimate_bytes(spec) == UNKNOWN_MODEL_BYTES
