"""Where every random number on the host comes from: a counter-based stream named by seed, purpose and index.

Two draws with the same three are the same bits on any machine; draws for different purposes never share a stream.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What the numbers are for; the values are part of every result and never change."""

    INITIAL_WEIGHTS = 1
    EPOCH_ORDER = 2
    VALIDATION_SPLIT = 3
    SYNTHETIC_DATA = 4


def random_stream(seed: int, purpose: Purpose, index: int = 0) -> np.random.Generator:
    """Give the generator of one purpose: Philox keyed by (seed, purpose and index).

    Args:
        seed: the job's seed, 0 ≤ seed < 2⁶⁴.
        purpose: what the numbers are for.
        index: which layer, which epoch; 0 ≤ index < 2⁴⁸.
    """
    key = np.array([seed, (int(purpose) << 48) | index], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))
