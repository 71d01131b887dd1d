"""What a loss takes over from the last layer, and what it must leave there."""

from __future__ import annotations

import json

import pytest

from shared.hyperparameter_names import Loss
from shared.model_definition.fuse import fuse_final_activation
from shared.model_definition.parse import parse_model_definition


@pytest.mark.parametrize(("kind", "kept"), [("dense", "linear"), ("rnn", "sigmoid")])
def test_a_loss_takes_over_an_activation_at_the_end_and_none_inside_a_recurrence(kind: str, kept: str) -> None:
    layers = {"layers": [{"type": kind, "units": 1, "activation": "sigmoid"}]}
    fused = fuse_final_activation(parse_model_definition(json.dumps(layers)), Loss.BCE)
    assert fused.nodes[-1].parameters["activation"] == kept
