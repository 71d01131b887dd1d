"""The numbers and choices of a training run, checked, with every default; and which of them change the program.

Learning rate at step `t` (from 0), with `w` warm-up steps, `d` decay steps, peak `learning_rate` and end
`end_learning_rate`: every schedule first rises linearly, `(t + 1) / w` of the peak while `t < w`, then, with
`u = min((t - w) / d, 1)`, is

- `constant`: the peak; `linear`: from peak to end in proportion to `u`; `cosine`, `warmup_cosine` and `one_cycle`: from
  peak to end along half a cosine of `u`;
- `exponential`: peak · decay_rate^((t - w) / d), never below the end;
- `step`: peak · decay_rate^floor((t - w) / d), never below the end.

`weight_decay` is added to the gradient (as a share of the weight) by all optimizers but `adamw`, `lion` and `lamb`,
which decay the weights themselves.

A step is one update of the weights and takes `batch_size` times `gradient_accumulation` examples, computed batch by
batch. With `ema_decay` d the weights that are judged and given are the average of those after every step, the newest
counting (1 - d) / (1 - d^t) at step t: the exponential average, corrected for having begun from nothing.

This file computes no gradient and knows no JAX; reading strings is `hyperparameter_strings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.augmentation import Augmentation, augmentations_from, augmentations_text
from shared.hyperparameter_names import Loss, Optimizer, Precision, ResultWeights, Schedule

LARGEST_SEED = 2**63 - 1
_LARGEST_COUNT = 2**53
_LARGEST_ACCUMULATION = 65_536

_Share = Annotated[float, Field(ge=0, lt=1)]
_Count = Annotated[int, Field(ge=1, le=_LARGEST_COUNT)]


@dataclass(frozen=True, slots=True)
class ProgramStructure:
    """What of the hyperparameters changes the compiled program; all the rest is data given to it.

    Attributes:
        loss: None until the data's labels have decided it.
        is_gradient_clipped: whether the gradient's norm is looked at, at all.
        batches_per_step: how many batches add up to one update.
        is_averaged: whether an average of the weights is kept.
        augmentations: what is done to training examples.
    """

    optimizer: Optimizer
    schedule: Schedule
    loss: Loss | None
    precision: Precision
    is_gradient_clipped: bool
    batches_per_step: int = 1
    is_averaged: bool = False
    augmentations: tuple[Augmentation, ...] = ()


_OPTIMIZER_DEFAULTS: Mapping[Optimizer, Mapping[str, float]] = {
    Optimizer.MOMENTUM: {"momentum": 0.9},
    Optimizer.NESTEROV: {"momentum": 0.9},
    Optimizer.ADAMW: {"weight_decay": 0.01},
    Optimizer.RMSPROP: {"beta2": 0.9},
    Optimizer.ADADELTA: {"beta2": 0.9, "epsilon": 1e-6},
    Optimizer.LION: {"beta2": 0.99},
    Optimizer.LAMB: {"epsilon": 1e-6},
}
"""What is meant when it is not said, where that differs from the record's own defaults."""


class Hyperparameters(BaseModel):
    """Everything about how to train that is not the model, the data, the batch or the number of epochs.

    Attributes:
        optimizer: `sgd` with a momentum above 0 becomes `momentum`.
        learning_rate: the peak of the schedule.
        weight_decay: 0.01 for adamw and 0 for the others, when not said.
        momentum: of `momentum` and `nesterov`: 0.9 when not said; `rmsprop` takes it too, 0 when not said.
        beta1: decay of Adam's mean of gradients; of `lion` too.
        beta2: decay of Adam's mean of squared gradients; of `rmsprop`, `adadelta` (0.9 when not said), `lion` (0.99).
        epsilon: guard against division by 0, 1e-6 for `lamb` and `adadelta` when not said.
        schedule: the curve of the learning rate.
        warmup_steps: of the rise; when not said 1/10 of the run for `warmup_cosine`, 3/10 for `one_cycle`, else 0.
        decay_steps: of the fall; when not said what the warm-up leaves of the run, for `step` a third of that.
        warmup_epochs: the warm-up in passes over the training data, where `warmup_steps` is not said.
        decay_epochs: the decay in passes over the training data, where `decay_steps` is not said.
        end_learning_rate: where a schedule ends.
        decay_rate: the factor of `exponential` and `step`.
        gradient_clip_norm: the longest gradient allowed, over all weights together; no limit when not said.
        gradient_accumulation: batches of one step, whose gradients are added up before the weights move.
        ema_decay: of the average of the weights; 0 for none.
        early_stopping_patience: end when so many epochs in a row did not lower the validation loss; 0 for never.
        result_weights: when not said `best` where there are validation examples, `last` otherwise.
        loss: when not said cross-entropy with class labels and mean squared error with real ones.
        label_smoothing: share of the target spread evenly over all classes; used by cross-entropy.
        seed: of the weights, the order of the data and dropout.
        precision: the type of the numbers that are computed with.
        validation_split: share of the training data held out to judge the model by.
        test_split: share of the training data held out for the end, where the dataset has no test part of its own.
        shuffle: whether each epoch goes through the training data in an order of its own; otherwise in theirs.
        augment: what is done to training examples each time, such as `flip,crop,noise`; empty for nothing.
        augment_noise: the deviation of the noise that `augment` adds.
        kl_weight: of the divergence of a variational model's Gaussians from a unit normal; None for what makes the loss
            the evidence lower bound for each value of its output.
        drop_last: whether an epoch leaves out the examples at its end that fill no whole step.
        metric_interval_steps: a row of history every so many steps beside those at epoch ends; 0 for epoch ends only.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)

    optimizer: Optimizer = Optimizer.ADAM
    learning_rate: float = Field(default=0.001, gt=0, le=1e6)
    weight_decay: float = Field(default=0.0, ge=0, le=1e6)
    momentum: _Share = 0.0
    beta1: _Share = 0.9
    beta2: _Share = 0.999
    epsilon: float = Field(default=1e-8, gt=0, le=1)
    schedule: Schedule = Schedule.CONSTANT
    warmup_steps: int | None = Field(default=None, ge=0, le=_LARGEST_COUNT)
    decay_steps: _Count | None = None
    warmup_epochs: int | None = Field(default=None, ge=0, le=_LARGEST_COUNT)
    decay_epochs: _Count | None = None
    end_learning_rate: float = Field(default=0.0, ge=0, le=1e6)
    decay_rate: float = Field(default=0.1, gt=0, le=1)
    gradient_clip_norm: float | None = Field(default=None, gt=0, le=1e30)
    gradient_accumulation: int = Field(default=1, ge=1, le=_LARGEST_ACCUMULATION)
    ema_decay: _Share = 0.0
    early_stopping_patience: int = Field(default=0, ge=0, le=_LARGEST_COUNT)
    result_weights: ResultWeights | None = None
    loss: Loss | None = None
    label_smoothing: _Share = 0.0
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED)
    precision: Precision = Precision.FLOAT32
    validation_split: _Share = 0.0
    test_split: _Share = 0.0
    shuffle: bool = True
    kl_weight: float | None = Field(default=None, ge=0, le=1e6)
    drop_last: bool = False
    augment: str = ""
    augment_noise: float = Field(default=0.05, ge=0, le=1e6)
    metric_interval_steps: int = Field(default=1_000, ge=0, le=_LARGEST_COUNT)

    @field_validator("augment")
    @classmethod
    def _must_be_known_augmentations(cls, value: str) -> str:
        try:
            return augmentations_text(augmentations_from(value))
        except ValueError as error:
            raise ValueError(f"must be {error}") from None

    @model_validator(mode="before")
    @classmethod
    def _fill_what_depends_on_the_optimizer(cls, values: Any) -> Any:
        return _with_optimizer_defaults(values) if isinstance(values, dict) else values

    def structure(self) -> ProgramStructure:
        """What of these changes the compiled program; hashable, and equal ones are mostly the same object."""
        return _structure(
            self.optimizer,
            self.schedule,
            self.loss,
            self.precision,
            self.gradient_clip_norm is not None,
            self.gradient_accumulation,
            self.ema_decay > 0,
            self.augment,
        )

    def with_epochs_in_steps(self, steps_per_epoch: int) -> Hyperparameters:
        """The same with what is said in epochs said in steps."""
        steps: dict[str, int] = {}
        if self.warmup_epochs is not None and self.warmup_steps is None:
            steps["warmup_steps"] = self.warmup_epochs * steps_per_epoch
        if self.decay_epochs is not None and self.decay_steps is None:
            steps["decay_steps"] = self.decay_epochs * steps_per_epoch
        return self.model_copy(update=steps) if steps else self

    def resolved_warmup_steps(self, steps_total: int) -> int:
        """The warm-up's steps: as said, else 1/10 of the run for `warmup_cosine`, 3/10 for `one_cycle`, otherwise 0."""
        if self.warmup_steps is not None:
            return self.warmup_steps
        tenths = {Schedule.WARMUP_COSINE: 1, Schedule.ONE_CYCLE: 3}.get(self.schedule, 0)
        return steps_total * tenths // 10

    def resolved_decay_steps(self, steps_total: int) -> int:
        """A decay's steps, at least 1: as said, else what the warm-up leaves of the run, for `step` a third of that."""
        if self.decay_steps is not None:
            return self.decay_steps
        left = steps_total - self.resolved_warmup_steps(steps_total)
        return max(1, left // 3 if self.schedule is Schedule.STEP else left)


@lru_cache(maxsize=1024)
def _structure(
    optimizer: Optimizer,
    schedule: Schedule,
    loss: Loss | None,
    precision: Precision,
    is_gradient_clipped: bool,
    batches_per_step: int,
    is_averaged: bool,
    augment: str,
) -> ProgramStructure:
    augmentations = augmentations_from(augment)
    return ProgramStructure(
        optimizer, schedule, loss, precision, is_gradient_clipped, batches_per_step, is_averaged, augmentations
    )


def _with_optimizer_defaults(values: dict[str, Any]) -> dict[str, Any]:
    optimizer = values.get("optimizer", Optimizer.ADAM)
    if optimizer in _OPTIMIZER_DEFAULTS:
        return {**_OPTIMIZER_DEFAULTS[Optimizer(optimizer)], **values}
    if optimizer == Optimizer.SGD and _is_positive(values.get("momentum")):
        return {**values, "optimizer": Optimizer.MOMENTUM}
    return values


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and value > 0
