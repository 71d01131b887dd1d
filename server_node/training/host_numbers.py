"""A job's numbers as host scalars, ready to be put on a device in one transfer."""

from __future__ import annotations

from typing import Any

import numpy as np

from server_node.training.models.network import layer_numbers
from server_node.training.numbers import Numbers
from server_node.training.setup import TrainingSetup

LARGEST_INTERVAL = 2**31 - 1


def host_numbers(setup: TrainingSetup) -> Numbers:
    """Collect every number that the program takes as data."""
    settings, total = setup.hyperparameters, setup.steps_total
    floats: dict[str, Any] = {
        "learning_rate": settings.learning_rate,
        "end_learning_rate": settings.end_learning_rate,
        "warmup_steps": settings.resolved_warmup_steps(total),
        "decay_steps": settings.resolved_decay_steps(total),
        "decay_rate": settings.decay_rate,
        "weight_decay": settings.weight_decay,
        "momentum": settings.momentum,
        "beta1": settings.beta1,
        "beta2": settings.beta2,
        "epsilon": settings.epsilon,
        "gradient_clip_norm": settings.gradient_clip_norm or 0.0,
        "label_smoothing": settings.label_smoothing,
        "ema_decay": settings.ema_decay,
        "augment_noise": settings.augment_noise,
        "kl_weight": _kl_weight(setup),
    }
    fields: dict[str, Any] = {name: np.float32(value) for name, value in floats.items()}
    fields |= {
        "key_data": np.array([settings.seed >> 32, settings.seed & 0xFFFFFFFF], np.uint32),
        "train_examples": np.int32(setup.splits.train.size),
        "steps_per_epoch": np.int32(setup.steps_per_epoch),
        "metric_interval_steps": np.int32(min(settings.metric_interval_steps, LARGEST_INTERVAL)),
        "layers": layer_numbers(setup.structure.network),
    }
    return Numbers(**fields)


def _kl_weight(setup: TrainingSetup) -> float:
    """Give what is said, else what makes the loss the evidence lower bound for each value of the largest output.

    Losses are means over values where the bound has sums, so the divergence is divided by as many values.
    """
    if setup.hyperparameters.kl_weight is not None:
        return setup.hyperparameters.kl_weight
    return 1.0 / max((end.values for end in setup.structure.judged_ends), default=1)
