"""`builtin://digits`: 1,797 handwritten 8×8 digits, shipped with this package (their origin: `digits.ORIGIN.md`).

Every fifth example is the fixed test split. The source's 0..16 is divided by 16.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np

from server_node.training.data.dataset import Dataset

NAME = "builtin://digits"
TEST_EVERY = 5
BRIGHTEST = 16.0


def load_digits(*, reconstructs_input: bool = False) -> Dataset:
    """Give `(1797, 8, 8, 1)` float32 images and labels 0..9, or the images again: 1,438 to train, then 359 to test."""
    resource = files("server_node.training.data").joinpath("digits.npz")
    with resource.open("rb") as file, np.load(file, allow_pickle=False) as archive:
        images, labels = archive["images"], archive["labels"]
    is_test = np.arange(labels.size) % TEST_EVERY == TEST_EVERY - 1
    order = np.concatenate([np.flatnonzero(~is_test), np.flatnonzero(is_test)])
    inputs = (images[order].astype(np.float32) / np.float32(BRIGHTEST))[..., None]
    if reconstructs_input:
        return Dataset(NAME, inputs, inputs, int((~is_test).sum()), classes=None)
    return Dataset(NAME, inputs, labels[order].astype(np.int32), int((~is_test).sum()), classes=10)
