"""Specs to and from the wire: exact round trips, what old clients leave out, errors in the wire's own names."""

import pytest

from shared.errors import InvalidField, NotSupported
from shared.job_config import config_from_job_spec, job_spec_from_config
from shared.job_spec import job_spec_from_mapping
from shared.pb import common_pb2, job_pb2
from tests.shared.definitions import a_job
from tests.shared.test_job_spec import a_drawn_model


def a_config(**changes: object) -> job_pb2.JobConfig:
    """What an old client sends at least."""
    config = job_pb2.JobConfig(
        model_definition='{"layers": [64, 10]}', dataset_uri="builtin://digits", batch_size=32, epochs=3
    )
    for name, value in changes.items():
        setattr(config, name, value)
    return config


def test_an_old_clients_message_is_a_job() -> None:
    spec = job_spec_from_config(a_config(payment_amount=3.5, estimated_duration=60))
    assert (spec.epochs, spec.batch_size, spec.priority) == (3, 32, "low")
    assert (spec.resources.device, spec.resources.memory_bytes, spec.resources.devices) == ("any", None, 1)
    assert (spec.timeout_seconds, spec.retry.max_losses, spec.user_id) == (None, 20, "local")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "ünï", "labels": {"a": "b"}, "timeout_seconds": 5, "priority": "critical"},
        {"resources": {"device": "cuda", "memory": "2GiB"}, "retry": {"max_failures": 3, "max_losses": 0}},
        {
            "hyperparameters": {
                "optimizer": "sgd",
                "momentum": 0.1,
                "learning_rate": 0.1,
                "decay_steps": 5,
                "loss": "mse",
            }
        },
        {"model": a_drawn_model(), "dataset": None},
    ],
)
def test_a_spec_survives_the_wire_exactly(changes: dict[str, object]) -> None:
    spec = job_spec_from_mapping(a_job(**changes))
    sent = job_pb2.JobConfig.FromString(config_from_job_spec(spec).SerializeToString())
    assert job_spec_from_config(sent) == spec


def test_data_sent_along_is_the_dataset_when_none_is_named() -> None:
    uri = "artifact://sha256:" + "0" * 64
    assert job_spec_from_config(a_config(dataset_uri=""), initial_data_uri=uri).dataset == uri
    assert job_spec_from_config(a_config(), initial_data_uri=uri).dataset == "builtin://digits"


def test_the_user_is_who_asks() -> None:
    assert job_spec_from_config(a_config(), user_id="ada").user_id == "ada"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"epochs": 0}, "epochs", "epochs must be >= 1, got 0"),
        ({"batch_size": 0}, "batch_size", "batch_size must be >= 1, got 0"),
        ({"batch_size": -1}, "batch_size", "got -1"),
        ({"priority": 9}, "priority", "got 9"),
        ({"required_device": common_pb2.DEVICE_OPENCL}, "required_device", "got 3"),
        ({"estimated_memory": -5}, "estimated_memory", "estimated_memory must be >= 1, got -5"),
        ({"devices": -1}, "devices", "devices must be >= 1, got -1"),
        ({"max_failures": -1}, "max_failures", "max_failures must be >= 0, got -1"),
        ({"max_losses": -1}, "max_losses", "got -1"),
        ({"timeout_seconds": -1}, "timeout_seconds", "got -1"),
        ({"dataset_uri": ""}, "dataset_uri", "dataset_uri is missing"),
        ({"model_definition": ""}, "model_definition", "is empty"),
        ({"job_type": 77}, "job_type", "unknown number 77"),
    ],
)
def test_a_wrong_message_is_refused_in_the_wires_own_names(changes: dict[str, object], field: str, words: str) -> None:
    with pytest.raises(InvalidField) as caught:
        job_spec_from_config(a_config(**changes))
    assert caught.value.field == field
    assert words in str(caught.value)


def test_another_job_type_is_understood_and_not_offered() -> None:
    with pytest.raises(NotSupported, match="send one of JOB_TYPE_TRAINING, JOB_TYPE_EVALUATION"):
        job_spec_from_config(a_config(job_type=job_pb2.JOB_TYPE_PREPROCESSING))


@pytest.mark.parametrize(
    ("number", "name"), [(job_pb2.JOB_TYPE_EVALUATION, "evaluation"), (job_pb2.JOB_TYPE_INFERENCE, "inference")]
)
def test_a_job_on_a_finished_model_goes_through_its_data_once(number: job_pb2.JobType, name: str) -> None:
    uri = f"artifact://sha256:{'0123456789abcdef' * 4}"
    spec = job_spec_from_config(a_config(job_type=number, epochs=0, weights_uri=uri))
    assert (spec.job_type, spec.epochs, spec.weights) == (name, 1, uri)
    assert config_from_job_spec(spec).job_type == number
    with pytest.raises(InvalidField, match="weights_uri"):
        job_spec_from_config(a_config(job_type=number, weights_uri="artifact://sha256:zz"))


def test_the_number_of_devices_is_kept_so_that_the_check_can_refuse_it() -> None:
    assert job_spec_from_config(a_config(devices=2)).resources.devices == 2
