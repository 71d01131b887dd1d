"""Job files to specs, specs to JSON and back, digests, and what a designer graph fills in."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidField, UserMistake
from shared.hyperparameter_names import Optimizer
from shared.job_spec import JobSpec, content_digest, job_spec_from_mapping, spec_from_json, spec_to_json
from tests.shared.definitions import a_job, designer_graph, designer_node


def a_drawn_model() -> dict[str, Any]:
    nodes = [
        designer_node(1, 77, dataset_name="builtin://digits"),
        designer_node(2, 78, batch_size="16"),
        designer_node(3, 0, units="10"),
        designer_node(4, 60, learning_rate="0.5", beta1="0.8"),
    ]
    return designer_graph(nodes, (1, 2), (2, 3))


def test_a_job_file_needs_a_model_and_a_dataset_only() -> None:
    spec = job_spec_from_mapping(a_job(epochs=None))
    assert (spec.batch_size, spec.epochs, spec.priority, spec.user_id) == (32, 1, "normal", "local")
    assert (spec.resources.device, spec.resources.memory_bytes, spec.resources.devices) == ("any", None, 1)
    assert (spec.retry.max_failures, spec.retry.max_losses, spec.timeout_seconds) == (0, 20, None)
    assert spec.model_definition == '{"layers":[64,10]}'


def test_every_documented_key_is_understood() -> None:
    spec = job_spec_from_mapping(
        a_job(
            name="digits",
            batch_size="64",
            hyperparameters={"optimizer": "adam", "learning_rate": 0.01, "seed": 7},
            priority="high",
            resources={"device": "cuda", "memory": "2GiB", "devices": 1},
            retry={"max_failures": 2},
            timeout_seconds=3600,
            labels={"team": "vision", "run": 3},
        )
    )
    assert (spec.batch_size, spec.hyperparameters.seed, spec.priority) == (64, 7, "high")
    assert (spec.resources.device, spec.resources.memory_bytes) == ("cuda", 2 * 1024**3)
    assert (spec.retry.max_failures, spec.timeout_seconds, spec.labels) == (2, 3600, {"team": "vision", "run": "3"})


def test_a_graphs_settings_fill_what_the_job_leaves_unsaid() -> None:
    spec = job_spec_from_mapping({"model": a_drawn_model(), "hyperparameters": {"learning_rate": 0.1}})
    assert (spec.dataset, spec.batch_size) == ("builtin://digits", 16)
    assert spec.hyperparameters.optimizer is Optimizer.ADAM
    assert (spec.hyperparameters.learning_rate, spec.hyperparameters.beta1) == (0.1, 0.8)


def test_the_jobs_own_fields_win_over_the_graphs() -> None:
    spec = job_spec_from_mapping({"model": a_drawn_model(), "dataset": "synthetic://images", "batch_size": 8})
    assert (spec.dataset, spec.batch_size) == ("synthetic://images", 8)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"model": None}, "model", "model is missing"),
        ({"model": 3}, "model_definition", "must be a mapping"),
        ({"model": {"layers": ["x"]}}, "model_definition", "layer 0"),
        ({"model": {"layers": [float("nan")]}}, "model_definition", "cannot say"),
        ({"dataset": None}, "dataset_uri", "dataset_uri is missing"),
        ({"dataset": 3}, "dataset", "must be text"),
        ({"epochs": 0}, "epochs", "epochs must be >= 1, got 0"),
        ({"epochs": -2}, "epochs", "epochs must be >= 1, got -2"),
        ({"epochs": "many"}, "epochs", "epochs must be a whole number, got 'many'"),
        ({"epochs": 1.5}, "epochs", "whole number"),
        ({"epochs": 2**40}, "epochs", "<= 2147483647"),
        ({"batch_size": 0}, "batch_size", "batch_size must be >= 1"),
        ({"batch_size": True}, "batch_size", "whole number"),
        ({"epoch": 3}, "epoch", "unknown field 'epoch', did you mean epochs?"),
        ({"resources": {"gpu": 1}}, "resources.gpu", "unknown field 'resources.gpu'"),
        ({"resources": {"device": "tpu"}}, "resources.device", "got 'tpu'"),
        ({"resources": {"memory": "lots"}}, "resources.memory", "such as 2GiB"),
        ({"resources": {"devices": 0}}, "resources.devices", ">= 1"),
        ({"resources": 3}, "resources", "must be a mapping"),
        ({"retry": {"max_failures": -1}}, "retry.max_failures", ">= 0"),
        ({"priority": "urgent"}, "priority", "got 'urgent'"),
        ({"job_type": "dance"}, "job_type", "training"),
        ({"timeout_seconds": 0}, "timeout_seconds", ">= 1"),
        ({"hyperparameters": {"seed": [1]}}, "hyperparameters.seed", "number or a word"),
        ({"hyperparameters": {"lr": 1}}, "hyperparameters.lr", "unknown hyperparameter 'lr'"),
        ({"hyperparameters": 3}, "hyperparameters", "must be a mapping"),
        ({"labels": {"a": [1]}}, "labels.a", "must be a word"),
        ({"labels": {3: "x"}}, "labels", "must be text"),
        ({"name": "a\x1b[31mb"}, "name", "control characters"),
        ({"name": "x" * 300}, "name", "at most 200 characters"),
    ],
)
def test_a_wrong_job_file_is_refused_with_the_dotted_field(changes: dict[str, object], field: str, words: str) -> None:
    with pytest.raises(InvalidField) as caught:
        job_spec_from_mapping(a_job(**changes))
    assert caught.value.field == field
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("2GiB", 2**31), ("1.5 KiB", 1_536), ("10MB", 10_000_000), ("7", 7), (2**40, 2**40), ("3gib", 3 * 2**30)],
)
def test_memory_is_read_with_its_unit(text: object, size_bytes: int) -> None:
    spec = job_spec_from_mapping(a_job(resources={"memory": text}))
    assert spec.resources.memory_bytes == size_bytes


def test_equal_jobs_have_one_digest_whatever_the_order_of_keys() -> None:
    one = job_spec_from_mapping(a_job(model={"layers": [{"type": "dense", "units": 3}]}, labels={"a": "1", "b": "2"}))
    other = job_spec_from_mapping(a_job(labels={"b": "2", "a": "1"}, model={"layers": [{"units": 3, "type": "dense"}]}))
    assert content_digest(one) == content_digest(other)


@pytest.mark.parametrize(
    "changes", [{"epochs": 3}, {"name": "b"}, {"model": {"layers": [65, 10]}}, {"labels": {"a": "b"}}]
)
def test_another_content_has_another_digest(changes: dict[str, object]) -> None:
    assert content_digest(job_spec_from_mapping(a_job(**changes))) != content_digest(job_spec_from_mapping(a_job()))


_SPECS = st.builds(
    lambda changes: job_spec_from_mapping(a_job(**changes)),
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=20),
            "epochs": st.integers(1, 2**31 - 1),
            "batch_size": st.integers(1, 1_000),
            "timeout_seconds": st.integers(1, 10**6),
            "priority": st.sampled_from(["low", "normal", "high", "critical"]),
            "labels": st.dictionaries(st.text("abc", min_size=1, max_size=5), st.text("xyzü", max_size=5)),
            "resources": st.fixed_dictionaries({"memory": st.integers(1, 2**62)}),
            "retry": st.fixed_dictionaries({"max_losses": st.integers(0, 9)}),
            "hyperparameters": st.fixed_dictionaries(
                {"learning_rate": st.floats(1e-300, 1e6), "seed": st.integers(0, 2**63 - 1)}
            ),
        },
    ),
)


@settings(deadline=None)
@given(_SPECS)
def test_json_reads_back_as_the_same_spec(spec: JobSpec) -> None:
    assert spec_from_json(spec_to_json(spec)) == spec


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"epochs": 0}', "{"])
def test_json_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        spec_from_json(text)


def _mistake(mapping: dict[str, Any]) -> UserMistake | None:
    try:
        job_spec_from_mapping(mapping)
    except UserMistake as error:
        return error
    return None


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.sampled_from([*a_job(), "resources", "retry", "labels", "hyperparameters", "priority", "name"]), _ANY)
def test_any_value_of_any_field_gives_a_spec_or_one_sentence(name: str, value: object) -> None:
    mistake = _mistake({**a_job(), name: value})
    assert mistake is None or str(mistake)
