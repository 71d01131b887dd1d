"""JAX is strict here, and programs compiled for one test serve the next."""

import jax
import pytest

from server_node.training.api import TrainingEnvironment
from tests.server_node.training.builders import an_environment

jax.config.update("jax_numpy_rank_promotion", "raise")  # type: ignore[no-untyped-call]  # JAX leaves it untyped
jax.config.update("jax_numpy_dtype_promotion", "strict")  # type: ignore[no-untyped-call]  # the same


@pytest.fixture(scope="session")
def environment() -> TrainingEnvironment:
    """One environment for all tests that do not look at its caches."""
    return an_environment()
