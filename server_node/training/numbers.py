"""The numbers that a compiled program takes as data: changing any of them compiles and traces nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax
import numpy as np

Scalar = jax.Array
HostScalar = np.float32 | np.int32


class Numbers(NamedTuple):
    """Every scalar of a job that does not shape its program, as one tree of arrays.

    A named tuple because JAX takes it as a tree without registration. float32 unless said otherwise; steps that
    only enter formulas are float32 too.

    Attributes:
        learning_rate: the full rate.
        end_learning_rate: where falling schedules end.
        warmup_steps: steps of the linear rise.
        decay_steps: length of the schedule after the rise, ≥ 1.
        decay_rate: factor of the exponential and step schedules.
        weight_decay: of the optimizer.
        momentum: of the optimizer.
        beta1: of the optimizer.
        beta2: of the optimizer.
        epsilon: of the optimizer.
        gradient_clip_norm: largest global norm; used only by programs that clip.
        label_smoothing: of cross-entropy.
        ema_decay: of the average of the weights; used only by programs that keep one.
        augment_noise: deviation of the noise added to inputs; used only by programs that add some.
        kl_weight: of the divergence of Gaussians from a unit normal; used only by programs that have some.
        key_data: `(2,)` uint32, the seed as JAX keeps it.
        train_examples: int32, examples in one epoch.
        steps_per_epoch: int32.
        metric_interval_steps: int32, steps between metric rows; 0 leaves only epoch ends.
        layers: for each layer by position, its own numbers by name.
    """

    learning_rate: Scalar
    end_learning_rate: Scalar
    warmup_steps: Scalar
    decay_steps: Scalar
    decay_rate: Scalar
    weight_decay: Scalar
    momentum: Scalar
    beta1: Scalar
    beta2: Scalar
    epsilon: Scalar
    gradient_clip_norm: Scalar
    label_smoothing: Scalar
    ema_decay: Scalar
    augment_noise: Scalar
    kl_weight: Scalar
    key_data: jax.Array
    train_examples: Scalar
    steps_per_epoch: Scalar
    metric_interval_steps: Scalar
    layers: tuple[Mapping[str, Scalar], ...]
