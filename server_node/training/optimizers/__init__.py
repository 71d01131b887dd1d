"""The optimizers, by name: each turns a learning rate and the job's numbers into an optax transformation.

The transformation is made while the program is traced, with traced numbers, so that they stay data. Every optimizer
here starts from zeros; a test holds that against optax. To add one: a function and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
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


def nadam(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Adam with Nesterov's momentum (Dozat 2016)."""
    return optax.nadam(learning_rate, b1=numbers.beta1, b2=numbers.beta2, eps=numbers.epsilon)


def radam(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Rectified Adam (Liu 2020)."""
    return optax.radam(learning_rate, b1=numbers.beta1, b2=numbers.beta2, eps=numbers.epsilon)


def adamax(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Adam with the largest gradient in place of the mean square (Kingma and Ba 2015, section 7)."""
    return optax.adamax(learning_rate, b1=numbers.beta1, b2=numbers.beta2, eps=numbers.epsilon)


def rmsprop(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Gradients divided by their running root mean square (Tieleman and Hinton 2012), with momentum."""
    return optax.rmsprop(
        learning_rate, decay=numbers.beta2, eps=numbers.epsilon, eps_in_sqrt=False, momentum=numbers.momentum
    )


def adagrad(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Gradients divided by the root of the sum of their squares (Duchi 2011); the sum starts from 0."""
    return optax.chain(_over_root_of_sum(numbers.epsilon), optax.scale_by_learning_rate(learning_rate))


def adadelta(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Gradients scaled by the running size of updates over that of gradients (Zeiler 2012)."""
    return optax.adadelta(learning_rate, rho=numbers.beta2, eps=numbers.epsilon)


def lion(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """The sign of a mix of momentum and gradient (Chen 2023), with decoupled weight decay."""
    return optax.lion(learning_rate, b1=numbers.beta1, b2=numbers.beta2, weight_decay=numbers.weight_decay)


def lamb(learning_rate: jax.Array, numbers: Numbers) -> optax.GradientTransformation:
    """Adam scaled layer by layer to the size of the weights (You 2020), with decoupled weight decay."""
    return optax.lamb(
        learning_rate, b1=numbers.beta1, b2=numbers.beta2, eps=numbers.epsilon, weight_decay=numbers.weight_decay
    )


OPTIMIZERS: Mapping[str, Optimizer] = {
    "sgd": Optimizer(sgd),
    "momentum": Optimizer(momentum),
    "nesterov": Optimizer(nesterov),
    "adam": Optimizer(adam),
    "adamw": Optimizer(adamw, decays_gradient=False),
    "nadam": Optimizer(nadam),
    "radam": Optimizer(radam),
    "adamax": Optimizer(adamax),
    "rmsprop": Optimizer(rmsprop),
    "adagrad": Optimizer(adagrad),
    "adadelta": Optimizer(adadelta),
    "lion": Optimizer(lion, decays_gradient=False),
    "lamb": Optimizer(lamb, decays_gradient=False),
}


def _over_root_of_sum(epsilon: jax.Array) -> optax.GradientTransformation:
    # optax has epsilon under the root, where the usual 1e-8 weighs as 1e-4 does here, as in the paper, beside it.
    def init(weights: Any) -> optax.ScaleByRssState:
        return optax.ScaleByRssState(sum_of_squares=jax.tree.map(jnp.zeros_like, weights))

    def update(gradients: Any, state: optax.ScaleByRssState, _weights: Any = None) -> Any:
        sums = jax.tree.map(lambda total, gradient: total + jnp.square(gradient), state.sum_of_squares, gradients)
        scaled = jax.tree.map(lambda gradient, total: gradient / (jnp.sqrt(total) + epsilon), gradients, sums)
        return scaled, optax.ScaleByRssState(sum_of_squares=sums)

    return optax.GradientTransformation(init, update)
