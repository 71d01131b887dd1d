"""Token sequences made from a seed: classes that prefer tokens of their own, chains of tokens, and translated pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from server_node.training.data.dataset import Dataset
from server_node.training.randomness import Purpose, random_stream
from shared.synthetic_dataset import SyntheticPairs, SyntheticTokens

SHARE_OF_PATTERN = 0.5
SHARE_OF_CHAIN = 0.9
SUCCESSORS = 4
START = 0
Tokens = npt.NDArray[np.int32]


def token_classes(what: SyntheticTokens, name: str) -> Dataset:
    """Make sequences that are half their class's pattern, half chance; labels `(samples,)`."""
    rng = random_stream(what.seed, Purpose.SYNTHETIC_DATA)
    patterns = _drawn(rng, 0, what.vocab, (what.classes, what.length))
    labels = rng.permutation(np.arange(what.samples) % what.classes).astype(np.int32)
    inputs = _drawn(rng, 0, what.vocab, (what.samples, what.length))
    is_pattern = rng.random(inputs.shape, dtype=np.float32) < SHARE_OF_PATTERN
    np.copyto(inputs, patterns[labels], where=is_pattern)
    return Dataset(name, inputs, labels, what.samples, what.classes, what.vocab)


def next_tokens(what: SyntheticTokens, name: str) -> Dataset:
    """Make chains in which a token is mostly followed by one of four of its own; targets are the next tokens."""
    rng = random_stream(what.seed, Purpose.SYNTHETIC_DATA)
    successors = _drawn(rng, 0, what.vocab, (what.vocab, SUCCESSORS))
    chain = np.empty((what.samples, what.length + 1), np.int32)
    chain[:, 0] = _drawn(rng, 0, what.vocab, (what.samples,))
    for place in range(what.length):
        follows = successors[chain[:, place], _drawn(rng, 0, SUCCESSORS, (what.samples,))]
        is_chain = rng.random(what.samples, dtype=np.float32) < SHARE_OF_CHAIN
        chain[:, place + 1] = np.where(is_chain, follows, _drawn(rng, 0, what.vocab, (what.samples,)))
    inputs, targets = np.ascontiguousarray(chain[:, :-1]), np.ascontiguousarray(chain[:, 1:])
    return Dataset(name, inputs, targets, what.samples, what.vocab, what.vocab)


def token_pairs(what: SyntheticPairs, name: str) -> Dataset:
    """Make sentences and their translation word by word, which is the target.

    The inputs are the sentence, and the translation moved on by one behind a start token 0, which no sentence holds.
    """
    rng = random_stream(what.seed, Purpose.SYNTHETIC_DATA)
    source = _drawn(rng, 1, what.vocab, (what.samples, what.length))
    dictionary = np.concatenate([[START], 1 + rng.permutation(what.vocab - 1)]).astype(np.int32)
    target = dictionary[source]
    known = np.concatenate([np.full((what.samples, 1), START, np.int32), target[:, :-1]], axis=1)
    made = Dataset(name, source, target, what.samples, what.vocab, what.vocab)
    return replace(made, more_inputs=(known,))


def _drawn(rng: np.random.Generator, low: int, high: int, shape: tuple[int, ...]) -> Tokens:
    return rng.integers(low, high, shape, dtype=np.int32)
