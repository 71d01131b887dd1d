"""Every kind of layer we run, by canonical name. To add one: a file with a `LayerKind`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from shared.model_definition.kinds.activations import ACTIVATIONS
from shared.model_definition.kinds.batch_norm import BATCH_NORM
from shared.model_definition.kinds.conv2d import CONV2D
from shared.model_definition.kinds.dense import DENSE
from shared.model_definition.kinds.dropout import DROPOUT
from shared.model_definition.kinds.flatten import FLATTEN
from shared.model_definition.kinds.input_layer import INPUT
from shared.model_definition.kinds.layer_kind import LayerKind
from shared.model_definition.kinds.pooling import POOLINGS

KINDS: Mapping[str, LayerKind] = {
    kind.name: kind for kind in (INPUT, DENSE, CONV2D, *POOLINGS, FLATTEN, DROPOUT, BATCH_NORM, *ACTIVATIONS)
}
"""Canonical name → kind."""
