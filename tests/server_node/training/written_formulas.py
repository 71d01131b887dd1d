"""The formulas of papers and text books in plain numpy, float64, one array at a time: what our words are held against.

Written from the papers, not from our code or optax; `t` counts steps from 1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rates:
    """The numbers of an update, as the papers name them; far from the usual ones, so that each of them shows."""

    rate: float = 0.05
    decay: float = 0.1
    momentum: float = 0.8
    beta1: float = 0.7
    beta2: float = 0.9
    epsilon: float = 1e-3


@dataclass
class Memory:
    """What an optimizer remembers of one array."""

    arrays: dict[str, Array] = field(default_factory=dict)

    def moved(self, name: str, keep: float, add: Array) -> Array:
        self.arrays[name] = keep * self.arrays.get(name, np.zeros_like(add)) + add
        return self.arrays[name]


Update = Callable[[Array, Array, int, Memory, Rates], Array]
"""`(weights, gradient, t, memory, rates)` to the new weights."""


def _adam_means(gradient: Array, t: int, memory: Memory, r: Rates) -> tuple[Array, Array]:
    mean = memory.moved("mean", r.beta1, (1 - r.beta1) * gradient) / (1 - r.beta1**t)
    square = memory.moved("square", r.beta2, (1 - r.beta2) * gradient**2) / (1 - r.beta2**t)
    return mean, square


def sgd(w: Array, g: Array, _t: int, _memory: Memory, r: Rates) -> Array:
    return w - r.rate * (g + r.decay * w)


def momentum(w: Array, g: Array, _t: int, memory: Memory, r: Rates) -> Array:
    return w - r.rate * memory.moved("velocity", r.momentum, g + r.decay * w)


def nesterov(w: Array, g: Array, _t: int, memory: Memory, r: Rates) -> Array:
    g = g + r.decay * w
    return w - r.rate * (g + r.momentum * memory.moved("velocity", r.momentum, g))


def adam(w: Array, g: Array, t: int, memory: Memory, r: Rates) -> Array:
    mean, square = _adam_means(g + r.decay * w, t, memory, r)
    return w - r.rate * mean / (np.sqrt(square) + r.epsilon)


def adamw(w: Array, g: Array, t: int, memory: Memory, r: Rates) -> Array:
    mean, square = _adam_means(g, t, memory, r)
    return w - r.rate * (mean / (np.sqrt(square) + r.epsilon) + r.decay * w)


def nadam(w: Array, g: Array, t: int, memory: Memory, r: Rates) -> Array:
    """Dozat 2016, algorithm 8, with a constant momentum."""
    g = g + r.decay * w
    mean = memory.moved("mean", r.beta1, (1 - r.beta1) * g)
    square = memory.moved("square", r.beta2, (1 - r.beta2) * g**2) / (1 - r.beta2**t)
    ahead = r.beta1 * mean / (1 - r.beta1 ** (t + 1)) + (1 - r.beta1) * g / (1 - r.beta1**t)
    return w - r.rate * ahead / (np.sqrt(square) + r.epsilon)


def radam(w: Array, g: Array, t: int, memory: Memory, r: Rates) -> Array:
    """Liu et al. 2020, algorithm 2; rectified once the length of the average has reached 5."""
    mean, square = _adam_means(g + r.decay * w, t, memory, r)
    longest = 2 / (1 - r.beta2) - 1
    length = longest - 2 * t * r.beta2**t / (1 - r.beta2**t)
    if length < 5:
        return w - r.rate * mean
    top, bottom = (length - 4) * (length - 2) * longest, (longest - 4) * (longest - 2) * length
    found: Array = w - r.rate * np.sqrt(top / bottom) * mean / (np.sqrt(square) + r.epsilon)
    return found


def adamax(w: Array, g: Array, t: int, memory: Memory, r: Rates) -> Array:
    """Kingma and Ba 2015, algorithm 2, the epsilon added to the gradient's size."""
    g = g + r.decay * w
    mean = memory.moved("mean", r.beta1, (1 - r.beta1) * g) / (1 - r.beta1**t)
    largest = np.maximum(r.beta2 * memory.arrays.get("largest", np.zeros_like(g)), np.abs(g) + r.epsilon)
    memory.arrays["largest"] = largest
    return w - r.rate * mean / largest


def rmsprop(w: Array, g: Array, _t: int, memory: Memory, r: Rates) -> Array:
    g = g + r.decay * w
    square = memory.moved("square", r.beta2, (1 - r.beta2) * g**2)
    return w - memory.moved("velocity", r.momentum, r.rate * g / (np.sqrt(square) + r.epsilon))


def adagrad(w: Array, g: Array, _t: int, memory: Memory, r: Rates) -> Array:
    g = g + r.decay * w
    return w - r.rate * g / (np.sqrt(memory.moved("squares", 1.0, g**2)) + r.epsilon)


def adadelta(w: Array, g: Array, _t: int, memory: Memory, r: Rates) -> Array:
    g = g + r.decay * w
    square = memory.moved("square", r.beta2, (1 - r.beta2) * g**2)
    before = memory.arrays.get("moves", np.zeros_like(g))
    move = np.sqrt(before + r.epsilon) / np.sqrt(square + r.epsilon) * g
    memory.moved("moves", r.beta2, (1 - r.beta2) * move**2)
    return w - r.rate * move


def lion(w: Array, g: Array, _t: int, memory: Memory, r: Rates) -> Array:
    before = memory.arrays.get("mean", np.zeros_like(g))
    direction = np.sign(r.beta1 * before + (1 - r.beta1) * g)
    memory.moved("mean", r.beta2, (1 - r.beta2) * g)
    return w - r.rate * (direction + r.decay * w)


def lamb(w: Array, g: Array, t: int, memory: Memory, r: Rates) -> Array:
    mean, square = _adam_means(g, t, memory, r)
    direction = mean / (np.sqrt(square) + r.epsilon) + r.decay * w
    lengths = np.linalg.norm(w), np.linalg.norm(direction)
    return w - r.rate * (lengths[0] / lengths[1] if all(lengths) else 1.0) * direction


UPDATES: Mapping[str, Update] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adam": adam,
    "adamw": adamw,
    "nadam": nadam,
    "radam": radam,
    "adamax": adamax,
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "lion": lion,
    "lamb": lamb,
}


def rate_at(schedule: str, t: int, *, peak: float, end: float, warmup: int, decay: int, factor: float) -> float:
    """The learning rate of the update after `t` finished ones."""
    if t < warmup:
        return peak * (t + 1) / warmup
    since = t - warmup
    share = min(since / decay, 1.0)
    if schedule in {"cosine", "warmup_cosine", "one_cycle"}:
        return float(end + (peak - end) * (1 + np.cos(np.pi * share)) / 2)
    if schedule == "linear":
        return peak + (end - peak) * share
    if schedule == "exponential":
        return float(max(peak * factor ** (since / decay), end))
    if schedule == "step":
        return max(peak * factor ** (since // decay), end)
    assert schedule == "constant"
    return peak


def softmax(outputs: Array) -> Array:
    powers = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    found: Array = powers / powers.sum(axis=-1, keepdims=True)
    return found


def sigmoid(outputs: Array) -> Array:
    return 1 / (1 + np.exp(-outputs))


def _huber(outputs: Array, targets: Array, _smoothing: float) -> Array:
    errors = np.abs(outputs - targets)
    found: Array = np.where(errors < 1, errors**2 / 2, errors - 0.5).mean(axis=-1)
    return found


def _likelihood(shares: Array, labels: Any, smoothing: float) -> Array:
    wanted = np.eye(shares.shape[-1])[labels]
    wanted = (1 - smoothing) * wanted + smoothing / shares.shape[-1]
    found: Array = -(wanted * np.log(shares)).sum(axis=-1)
    return found


def _binary(shares: Array, targets: Array) -> Array:
    found: Array = -(targets * np.log(shares) + (1 - targets) * np.log(1 - shares)).mean(axis=-1)
    return found


LOSS_FORMULAS: Mapping[str, Callable[[Array, Any, float], Array]] = {
    "cross_entropy": lambda outputs, labels, smoothing: _likelihood(softmax(outputs), labels, smoothing),
    "nll": lambda outputs, labels, _smoothing: _likelihood(np.exp(outputs), labels, 0.0),
    "mse": lambda outputs, targets, _smoothing: ((outputs - targets) ** 2).mean(axis=-1),
    "l1": lambda outputs, targets, _smoothing: np.abs(outputs - targets).mean(axis=-1),
    "smooth_l1": _huber,
    "huber": _huber,
    "bce": lambda outputs, targets, _smoothing: _binary(outputs, targets),
    "bce_with_logits": lambda outputs, targets, _smoothing: _binary(sigmoid(outputs), targets),
}
"""`(outputs, targets, label smoothing)` to one number an example, `(batch, values)` to `(batch,)`."""
