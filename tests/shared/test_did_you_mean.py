"""Which known name was probably meant."""

from __future__ import annotations

import pytest

from shared.did_you_mean import did_you_mean


@pytest.mark.parametrize(
    ("word", "meant"), [("adma", "adam"), ("Adamx", "adamax"), ("sdg", "sgd"), ("lion3", "lion"), ("zzz", "")]
)
def test_the_nearest_name_is_meant_and_letters_in_the_wrong_order_are_nearer_than_more_of_them(
    word: str, meant: str
) -> None:
    said = did_you_mean(word, ["sgd", "adam", "adamw", "adamax", "lion"])
    assert said == (f", did you mean {meant}?" if meant else "")
