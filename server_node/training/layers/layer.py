"""What a layer is to the engine: a pair of pure functions, and what they are told about the moment.

Shapes, parameter names and ranges are decided in `shared.model_definition`; this file only names the pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import jax
import numpy as np
import numpy.typing as npt

from shared.model_definition.graph import ParameterValue, Shape

FloatArray = npt.NDArray[np.float32]
HostArrays = Mapping[str, FloatArray]
Arrays = Mapping[str, jax.Array]
Parameters = Mapping[str, ParameterValue]


class Formulation(StrEnum):
    """How windows and attention are computed; all give the same values, each is quick in its own place."""

    SLICES = "slices"
    """Shifted slices, one matrix product for a convolution: for compiled loops on CPUs, where XLA's own is slowest."""
    STOCK_CONVOLUTION = "stock_convolution"
    """XLA's convolution, slices for pooling: for CPUs outside compiled loops."""
    STOCK = "stock"
    """XLA's convolution and window reduction: for GPUs."""
    FUSED_ATTENTION = "fused_attention"
    """As `STOCK`, with attention in one kernel where shapes allow: for NVIDIA's GPUs from Ampere on."""

    @property
    def is_stock(self) -> bool:
        """Whether windows are left to XLA's own operations."""
        return self in (Formulation.STOCK, Formulation.FUSED_ATTENTION)


@dataclass(frozen=True, slots=True)
class LayerContext:
    """What a layer may know while it is applied.

    Attributes:
        parameters: the layer's parameters that shape the program.
        numbers: its parameters that are data to the program, as scalars of float32.
        is_training: whether batch statistics and dropout are on.
        mask: `(batch,)` float32, 1 for a real example and 0 for one that only fills up the last batch.
        draw_key: gives the random key of this step and this layer.
        formulation: how windows and attention are computed.
    """

    parameters: Parameters
    numbers: Arrays
    is_training: bool
    mask: jax.Array
    draw_key: Callable[[], jax.Array]
    formulation: Formulation


InitialArrays = tuple[HostArrays, HostArrays]
Init = Callable[[np.random.Generator, Parameters, tuple[Shape, ...]], InitialArrays]
Applied = tuple[jax.Array, Arrays]
Apply = Callable[[Arrays, Arrays, tuple[jax.Array, ...], LayerContext], Applied]


@dataclass(frozen=True, slots=True)
class Layer:
    """One kind of layer.

    Attributes:
        init: `(generator, parameters, input_shapes)` to weights and statistics, drawn on the host by numpy.
        apply: `(weights, statistics, inputs, context)` to the output and the new statistics.
        numbers: names of parameters that are data to the program: changing one compiles nothing.
        switches: names of numbers that cost much where they are not 0; the layer finds `has_<name>` in its parameters,
            so that whether one is 0 is structure.
    """

    init: Init
    apply: Apply
    numbers: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()


def no_weights(_rng: np.random.Generator, _parameters: Parameters, _input_shapes: tuple[Shape, ...]) -> InitialArrays:
    """Be the `init` of a layer that learns nothing."""
    return {}, {}
