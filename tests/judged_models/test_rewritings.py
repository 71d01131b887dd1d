"""However a designer saves a drawing, it means the same model."""

from __future__ import annotations

import pytest

from tests.judged_models.corpus import DRAWN
from tests.judged_models.rewritings import REWRITINGS
from tests.shared.definitions import planned


@pytest.mark.parametrize("way", REWRITINGS)
def test_a_drawing_that_is_saved_another_way_means_the_same(way: str) -> None:
    for model in DRAWN:
        expected = planned(model.definition, model.input_shape)
        assert planned(REWRITINGS[way](model.definition), model.input_shape) == expected, model.name
