"""Which formulation of windows and attention is quick where: the one place that chooses, from figures measured on CPUs.

Every formulation gives the same values, so a choice changes the time a step takes and the last bits, nothing else.
"""

from __future__ import annotations

import jax

from server_node.training.layers.fused_attention import has_kernel
from server_node.training.layers.layer import Formulation
from shared.model_definition.graph import LayerNode
from shared.model_definition.kinds.parameter_access import integer
from shared.model_definition.parse import parse_model_definition

CONVOLUTIONS = frozenset({"conv1d", "conv2d", "conv3d"})
MOST_FILTERS_IN_SLICES = 64


def formulation_for(device: jax.Device, definition: str) -> Formulation:
    """Choose for a model's definition on a device.

    GPUs take XLA's own forms, and attention in one kernel.

    On a CPU a stock convolution is quick only outside of compiled loops, where every call takes its temporary memory
    from the system anew; slices and a matrix product are as quick in a loop, but copy every window. Measured in CPU
    time a training step (two threads, evenly used by both), in loops with slices against called with stock
    convolutions: 32 and 64 filters on (128, 28, 28) 66 ms to 85, on (64, 8, 8) 1.8 ms to 2.0; 64, 128 and 128 filters
    on (16, 32, 32) 38 ms to 32.
    """
    if device.platform != "cpu":
        return Formulation.FUSED_ATTENTION if has_kernel(device) else Formulation.STOCK
    is_wide = any(_has_many_filters(node) for node in parse_model_definition(definition).nodes)
    return Formulation.STOCK_CONVOLUTION if is_wide else Formulation.SLICES


def _has_many_filters(node: LayerNode) -> bool:
    return node.kind in CONVOLUTIONS and integer(node.parameters, "filters") > MOST_FILTERS_IN_SLICES
