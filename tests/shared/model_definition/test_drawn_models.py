"""Well-known models, drawn as designer graphs and as patterns, give the shapes and counts that are made by hand."""

import pytest

from tests.shared.definitions import planned
from tests.shared.drawn_models import LARGE, SMALL, DrawnModel

every_model = pytest.mark.parametrize("model", [*LARGE, *SMALL], ids=lambda model: model.name)


@every_model
def test_a_designer_graph_has_the_shapes_and_parameters_of_the_textbook(model: DrawnModel) -> None:
    assert planned(model.designer_form(), model.input_shape) == (model.output_shape, model.parameters)


@every_model
def test_a_pattern_has_the_shapes_and_parameters_of_the_textbook(model: DrawnModel) -> None:
    assert planned(model.pattern_form(), model.input_shape) == (model.output_shape, model.parameters)
