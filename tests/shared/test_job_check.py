"""What is refused at submission, before a node has seen the job."""

import pytest

from shared.errors import InvalidField
from shared.hyperparameter_names import Loss
from shared.job_check import check_job_spec
from shared.job_spec import job_spec_from_mapping
from tests.shared.definitions import a_job, row


def test_a_checked_job_knows_its_layers_and_loss() -> None:
    checked = check_job_spec(job_spec_from_mapping(a_job()))
    assert checked.input_shape == (8, 8, 1)
    assert checked.loss is Loss.CROSS_ENTROPY
    assert checked.parameters == 64 * 64 + 64 + 64 * 10 + 10
    assert [line.kind for line in checked.summary or ()] == ["input", "flatten", "dense", "dense"]


def test_with_data_unseen_only_the_model_is_checked() -> None:
    checked = check_job_spec(job_spec_from_mapping(a_job(dataset="file:///data/x.npz", batch_size=10**6)))
    assert (checked.input_shape, checked.summary, checked.parameters, checked.loss) == (None, None, None, None)


def test_a_declared_input_is_checked_though_the_data_is_unseen() -> None:
    job = a_job(dataset="file:///x.npz", model={"architecture": "MLP", "layers": [784, 10]})
    assert check_job_spec(job_spec_from_mapping(job)).parameters == 7_850


@pytest.mark.parametrize("units", [10, 12])
def test_as_many_outputs_as_classes_or_more_are_accepted(units: int) -> None:
    check_job_spec(job_spec_from_mapping(a_job(model={"layers": [units]})))


def test_one_output_may_learn_class_numbers_by_mean_squared_error() -> None:
    check_job_spec(job_spec_from_mapping(a_job(model={"layers": [1]}, hyperparameters={"loss": "mse"})))


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"resources": {"devices": 2}}, "resources.devices", "more than one device is not supported yet"),
        ({"batch_size": 1_798}, "batch_size", "at most the 1797 examples of builtin://digits, got 1798"),
        ({"dataset": "synthetic://images?samples=9", "batch_size": 10}, "batch_size", "at most the 9 examples"),
        ({"dataset": "mock://x"}, "dataset_uri", "use synthetic://"),
        (
            {"model": {"layers": [64, 5]}},
            "model_definition",
            "gives (5,) for each example, but the dataset has 10 classes",
        ),
        ({"model": row("relu")}, "model_definition", "nothing to train"),
        ({"model": row("conv2d")}, "model_definition", "needs one number a class"),
        ({"model": row("dense", "conv2d")}, "model_definition", "expects images"),
        ({"model": {"architecture": "MLP", "layers": [784, 10]}}, "model_definition", "have (8, 8, 1)"),
        (
            {"dataset": "synthetic://regression?outputs=3"},
            "model_definition",
            "a target has 3 numbers; use a dense of 3 units",
        ),
        (
            {"dataset": "synthetic://regression", "hyperparameters": {"loss": "cross_entropy"}},
            "hyperparameters.loss",
            "use loss mse",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, object], field: str, words: str) -> None:
    spec = job_spec_from_mapping(a_job(**changes))
    with pytest.raises(InvalidField) as caught:
        check_job_spec(spec)
    assert caught.value.field == field
    assert words in str(caught.value)
