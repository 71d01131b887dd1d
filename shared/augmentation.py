"""What may be done to training examples on the device, and how a job asks for it: `flip`, `crop,flip`, `noise`."""

from __future__ import annotations

from enum import StrEnum

from shared.did_you_mean import did_you_mean, quoted

NOTHING = frozenset({"", "none", "false", "0"})


class Augmentation(StrEnum):
    """One change of an example, drawn anew each time it is trained on; in the order in which changes are made."""

    FLIP = "flip"
    CROP = "crop"
    NOISE = "noise"


NEEDS_IMAGES = frozenset({Augmentation.FLIP, Augmentation.CROP})


def augmentations_from(text: str) -> tuple[Augmentation, ...]:
    """The changes that a list of words apart by commas asks for, in their own order.

    Raises:
        ValueError: whose text says what was expected.
    """
    if text.strip().lower() in NOTHING:
        return ()
    words = [word.strip().lower() for word in text.split(",")]
    for word in words:
        if word not in set(Augmentation):
            known = ", ".join(Augmentation)
            hint = did_you_mean(word, Augmentation)
            raise ValueError(f"some of {known}, apart by commas, or none; got {quoted(word)}{hint}")
    return tuple(change for change in Augmentation if change in words)


def augmentations_text(changes: tuple[Augmentation, ...]) -> str:
    """The text from which `augmentations_from` reads the same."""
    return ",".join(changes)
