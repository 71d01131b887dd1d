"""The optimizers, by name: each turns a learning rate and the job's numbers into an optax transformation.

The transformation is made while the program is traced, with traced numbers, so that they stay data. Every optimizer
here starts from zeros; a test holds that against optax. To add one: a function and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import optax

from server_node.training.numbers import Numbers


@dataclass(frozen=True, slots=True)
class Optimizer:
    """One optimizer.

    Attributes:
        make: `(learning rate, numbers)` to the transformation, without clipping.
        decays_gradient: whether weight decay is added to the gradient; otherwise `make` sees to it.
    """

    make: Callable[[jax.Array, Numbers], optax.GradientTransformation]
    decays_gradient: bool = True


def sgd(learning_rate: jax.Array, _numbers: Numbers) -> optax.GradientTransformation:
    """Plain gradient descent."""
    return optax.sgd(learning_rate)


def momentum(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Gradient descent with momentum (Polyak 1964)."""
    return optax.sgd(learning_rate, momentum=numbers.momentum)


def nesterov(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Gradient descent with Nesterov's momentum (Sutskever 2013)."""
    return optax.sgd(learning_rate, momentum=numbers.momentum, nesterov=True)


def adam(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Adam (Kingma and Ba 2015)."""
    return optax.adam(learning_rate, b1=numbers.beta1, b2=numbers.beta2, eps=numbers.epsilon)


def adamw(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""
    return optax.adamw(
        learning_rate, b1=numbers.beta1, b2=numbers.beta2, eps=numbers.epsilon, weight_decay=numbers.weight_decay
    )


OPTIMIZERS: Mapping[str, Optimizer] = {
    "sgd": Optimizer(sgd),
    "momentum": Optimizer(momentum),
    "nesterov": Optimizer(nesterov),
    "adam": Optimizer(adam),
    "adamw": Optimizer(adamw, decays_gradient=False),
}
