"""XLA's own convolution, told our order of axes: channels last, filters last."""

from __future__ import annotations

import jax

from server_node.training.layers.windows import Padding
from shared.model_definition.graph import Shape

_DIMENSION_NAMES = {1: ("NHC", "HIO", "NHC"), 2: ("NHWC", "HWIO", "NHWC"), 3: ("NDHWC", "DHWIO", "NDHWC")}


def convolve_stock(
    values: jax.Array, kernel: jax.Array, stride: Shape, padding: Padding, gaps: Shape | None = None
) -> jax.Array:
    """Map `(batch, *sizes, channels)` to `(batch, *windows, filters)` by a kernel `(*window, channels, filters)`.

    Args:
        values: the input.
        kernel: the windows.
        stride: how far windows lie apart.
        padding: zeros before and after; fewer than none cut positions off.
        gaps: how far the input's positions lie apart; 1 by default.
    """
    names = _DIMENSION_NAMES[len(stride)]
    return jax.lax.conv_general_dilated(values, kernel, stride, padding, lhs_dilation=gaps, dimension_numbers=names)
