"""Targets that are words: they become labels, numbered by the words in alphabetical order.

For a finished model the words are its own, numbered as it learned them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from server_node.training.data.checks import LARGEST_CLASS_COUNT
from shared.did_you_mean import did_you_mean, quoted
from shared.errors import BadData

LONGEST_WORD = 1_000
LARGEST_CHOICE = 1_000


@dataclass(slots=True)
class WordLabels:
    """Words as they come, each with its number by the order in which it came; and how many rows had one.

    Attributes:
        name: what messages call the dataset.
        known: the words there are, by their labels; empty where any word may come.
    """

    name: str
    known: tuple[str, ...] = ()
    numbers: dict[str, int] = field(default_factory=dict)
    rows: int = 0

    def __post_init__(self) -> None:
        """Number the known words by their labels, as if they had come in that order."""
        self.numbers.update({word: label for label, word in enumerate(self.known)})

    def number(self, word: str, rows: int = 1) -> int:
        """Give the number of a word by its arrival, and count its rows.

        Raises:
            BadData: when it is too long, one too many, or none of those that are known.
        """
        if len(word) > LONGEST_WORD:
            raise BadData(f"{self.name}: expected targets of at most {LONGEST_WORD:,} characters, got {len(word):,}")
        if self.known and word not in self.numbers:
            raise BadData(
                f"{self.name}: expected targets that the model was trained on, got {quoted(word)}"
                f"{did_you_mean(word, self.known[:LARGEST_CHOICE])}"
            )
        self.rows += rows
        number = self.numbers.setdefault(word, len(self.numbers))
        if number >= LARGEST_CLASS_COUNT:
            raise BadData(f"{self.name}: expected fewer than {LARGEST_CLASS_COUNT:,} different words as targets")
        return number

    @property
    def class_names(self) -> tuple[str, ...]:
        """The words in the order of their labels: alphabetical, unless they are known."""
        return self.known or tuple(sorted(self.numbers))

    def labels(self, arrivals: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
        """Turn numbers by arrival into labels."""
        rank = {word: place for place, word in enumerate(self.class_names)}
        return np.array([rank[word] for word in self.numbers], np.int32)[arrivals.astype(np.int32)]


def class_word(word: str, name: str) -> str:
    """Give a word without the spaces around it; an empty one is none.

    Raises:
        BadData: when it is empty.
    """
    stripped = word.strip()
    if not stripped:
        raise BadData(f"{name}: expected a word in every row of the target, got an empty one")
    return stripped
