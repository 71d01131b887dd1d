"""Every judged model is accepted as a job, with the shapes and the parameters that were worked out by hand."""

from __future__ import annotations

import pytest

from shared.job_check import check_job_spec
from shared.job_spec import job_spec_from_mapping
from tests.judged_models.corpus import SMALL, TRUE_SIZE
from tests.judged_models.judged_model import JudgedModel


@pytest.mark.parametrize("model", [*SMALL, *TRUE_SIZE], ids=lambda model: model.name)
def test_a_job_of_it_is_accepted_with_its_shapes_and_parameters(model: JudgedModel) -> None:
    checked = check_job_spec(job_spec_from_mapping(model.job(samples=16, epochs=1)))
    assert checked.summary is not None
    output = next(row for row in checked.summary if row.node_id == checked.graph.outputs[0])
    assert checked.input_shape == model.input_shape
    assert output.output_shape == model.output_shape
    assert checked.parameters == model.parameters


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [model.name for model in (*SMALL, *TRUE_SIZE)]
    assert len(names) == len(set(names)) >= 60
