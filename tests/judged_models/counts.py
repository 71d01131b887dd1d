"""The textbook's parameter counts, by hand; nothing here is taken from the code that is judged."""

from __future__ import annotations


def dense(inputs: int, units: int, *, bias: bool = True) -> int:
    return inputs * units + units * bias


def conv(kernel: int, inputs: int, filters: int, *, axes: int = 2, bias: bool = True) -> int:
    positions: int = kernel**axes
    return positions * inputs * filters + filters * bias


def depthwise(kernel: int, channels: int, multiplier: int = 1, *, bias: bool = True) -> int:
    return (kernel**2 + bias) * channels * multiplier


def norm(channels: int) -> int:
    return 2 * channels


def rnn(inputs: int, units: int) -> int:
    return inputs * units + units * units + units


def lstm(inputs: int, units: int) -> int:
    return 4 * rnn(inputs, units)


def gru(inputs: int, units: int) -> int:
    return 3 * rnn(inputs, units)


def attention(width: int) -> int:
    return 4 * dense(width, width)


def encoder_block(width: int, hidden: int) -> int:
    return attention(width) + dense(width, hidden) + dense(hidden, width) + 2 * norm(width)


def decoder_block(width: int, hidden: int) -> int:
    """One that reads a memory, too; without one it counts as an encoder's."""
    return encoder_block(width, hidden) + attention(width) + norm(width)
