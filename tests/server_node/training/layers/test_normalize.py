"""Normalisation by given numbers: one for all channels, or one for each."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from server_node.training.layers.layer import Formulation
from server_node.training.models.network import (
    Moment,
    apply_network,
    initial_weights,
    layer_numbers,
    network_from_graph,
)
from shared.model_definition.shapes import infer_shapes
from shared.strict_values import reals_from
from tests.shared.definitions import parsed, row

IMAGE = (4, 5, 3)


@pytest.mark.parametrize(
    ("mean", "std"), [(0.5, 2), ("[0.1, 0.2, 0.3]", "0.5"), (0.5, [1, 2, 4]), ("0.485,0.456,0.406", "(1, 2, 4)")]
)
def test_every_channel_is_shifted_and_scaled_by_its_numbers(mean: object, std: object) -> None:
    graph = parsed(row({"type": "normalize", "mean": mean, "std": std}))
    network = network_from_graph(graph, infer_shapes(graph, IMAGE), IMAGE)
    weights, statistics, numbers = jax.tree.map(jnp.asarray, (*initial_weights(network, 1), layer_numbers(network)))
    images = np.random.default_rng(3).standard_normal((2, *IMAGE)).astype(np.float32)
    moment = Moment(is_training=False, mask=jnp.ones(2), key=None, formulation=Formulation.SLICES)
    given, _ = apply_network(network, weights, statistics, numbers, jnp.asarray(images), moment)
    shift, scale = (np.asarray(reals_from(written), np.float32) for written in (mean, std))
    np.testing.assert_allclose(given, (images - shift) / scale, rtol=1e-6)
