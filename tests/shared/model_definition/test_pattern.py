"""Patterns of the library: parameters, their values from the job, and templates written channels-first."""

import json
from typing import Any

import pytest

from shared.errors import InvalidField
from shared.job_config import config_from_job_spec, job_spec_from_config
from shared.job_spec import job_spec_from_mapping
from shared.model_definition.pattern_values import with_job_values
from tests.shared.definitions import a_job, node, parsed, pattern, planned, refusal_of


def classifier(**parameters: Any) -> dict[str, Any]:
    """A dense layer of `$units` with `$activation`, and a head."""
    given = {"units": 32, "classes": 10, "activation": "relu", "kind": "Dense", **parameters}
    return pattern(
        {
            "in": ("Input", {}),
            "hidden": ("$kind", {"units": "$units", "activation": "$activation"}),
            "head": ("Dense", {"units": "$classes"}),
            "out": ("Output", {"classes": "$classes"}),
        },
        ("in", "hidden"),
        ("hidden", "head"),
        ("head", "out"),
        **given,
    )


def test_parameters_stand_for_their_defaults_in_values_and_types() -> None:
    graph = parsed(classifier())
    assert [n.node_id for n in graph.nodes] == ["in", "hidden", "head"]
    assert node(graph, "hidden").parameters["units"] == 32
    assert node(graph, "hidden").name == "hidden"
    assert planned(classifier(), (4,)) == ((10,), 4 * 32 + 32 + 330)


def test_a_parameter_can_name_the_kind_of_a_layer() -> None:
    drawn = pattern({"x": ("$cell", {"units": 8})}, cell="GRU")
    assert node(parsed(drawn), "x").kind == "gru"


def test_a_name_inside_a_longer_text_or_a_list_is_filled_too() -> None:
    drawn = pattern(
        {"x": ("TensorReshape", {"shape": "[-1, $side, ${side}, 1]"}), "y": ("Conv2D", {"kernel_size": ["$side", 3]})},
        ("x", "y"),
        side=4,
    )
    graph = parsed(drawn)
    assert node(graph, "x").parameters["shape"] == (-1, 4, 4, 1)
    assert node(graph, "y").parameters["kernel_size"] == (4, 3)


def test_a_reshape_of_a_pattern_is_written_channels_first() -> None:
    drawn = pattern({"in": ("Input", {}), "r": ("Reshape", {"shape": [8, 4, 4]})}, ("in", "r"))
    drawn["template"]["nodes"].append({"id": "c", "type": "Conv2D", "params": {"filters": 2}})
    drawn["template"]["links"].append({"from": "r", "to": "c"})
    assert planned(drawn, (128,)) == ((4, 4, 2), 9 * 8 * 2 + 2)


def test_an_input_shape_of_a_pattern_may_be_channels_first() -> None:
    drawn = pattern({"in": ("Input", {"shape": "[3, 32, 32]"}), "f": ("Dense", {"units": 2})}, ("in", "f"))
    assert parsed(drawn).declared_input_shape == (32, 32, 3)


def test_hyperparameters_of_the_job_fill_parameters_of_their_name() -> None:
    spec = job_spec_from_mapping(a_job(model=classifier(), hyperparameters={"units": 64, "learning_rate": 0.01}))
    assert node(parsed(json.loads(spec.model_definition)), "hidden").parameters["units"] == 64
    assert spec.hyperparameters.learning_rate == 0.01


def test_a_job_of_a_pattern_travels_with_its_values() -> None:
    spec = job_spec_from_mapping(a_job(model=classifier(), hyperparameters={"units": 64}))
    arrived = job_spec_from_config(config_from_job_spec(spec), user_id=spec.user_id)
    assert arrived == spec


def test_a_parameter_with_a_hyperparameters_name_is_both() -> None:
    drawn = classifier(learning_rate=0.1)
    drawn["template"]["nodes"].append({"id": "opt", "type": "Adam", "params": {"learning_rate": "$learning_rate"}})
    assert job_spec_from_mapping(a_job(model=drawn)).hyperparameters.learning_rate == 0.1
    spec = job_spec_from_mapping(a_job(model=drawn, hyperparameters={"learning_rate": 0.5}))
    assert spec.hyperparameters.learning_rate == 0.5


def test_a_name_of_no_parameter_stays_an_unknown_hyperparameter() -> None:
    with pytest.raises(InvalidField, match="unknown hyperparameter 'unit'"):
        job_spec_from_mapping(a_job(model=classifier(), hyperparameters={"unit": 64}))


def test_other_definitions_take_no_values() -> None:
    text = json.dumps({"layers": [4], "name": "template"})
    assert with_job_values(text, {"layers": "3"}) == (text, frozenset())


def ranged(value: Any, **bounds: Any) -> dict[str, Any]:
    drawn = classifier(units=value)
    drawn["parameters"][0] |= bounds
    return drawn


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (ranged(4, min_value=8), ["pattern parameter units must be >= 8, got 4"]),
        (ranged(40, max_value="32"), ["pattern parameter units must be <= 32, got 40"]),
        (ranged(8, type="int", default_value="many"), ["pattern parameter units must be a whole number", "'many'"]),
        (ranged(8, default_value=None), ["pattern parameter units has no default", "hyperparameter"]),
        (ranged(8, min_value="low"), ["min_value of pattern parameter units"]),
        (ranged(8, name="unit"), ["$units is no parameter", "did you mean unit?"]),
        (ranged(8, name="classes"), ["two parameters named classes"]),
        (ranged(8, type="string", default_value="x" * 1_001), ["units may have at most 1000 characters, got 1001"]),
        (ranged(8, type="list", default_value=[1] * 501), ["units may be a list of at most 1000 characters"]),
        (ranged(8, type="list", default_value=[1] * 101), ["units must be a whole number"]),
        (ranged(8, default_value={"a": 1}), ["units must be a number, a word or a list"]),
        (pattern({"a": ("Dense", {"units": "$u" * 1_001})}, u="x" * 1_000), ["more than 1000000 characters"]),
        ({**classifier(), "parameters": {}}, ["parameters of a pattern must be a list"]),
        ({**classifier(), "parameters": [3]}, ["parameters[0]"]),
        ({"template": {"links": []}}, ["template has no nodes"]),
        (pattern({"a": ("Dense", {})}, ("a", "b")), ["link from node a to node b names no node 'b'"]),
        (pattern({"a": ("Dens", {})}), ["node a (a)", "unknown layer 'Dens'", "did you mean Dense?"]),
        (pattern({"a": ("Dense", {"units": "$u"})}, u="many"), ["node a (a)", "units must be a whole number"]),
    ],
)
def test_what_a_pattern_cannot_mean_is_refused(definition: dict[str, Any], words: list[str]) -> None:
    sentence = refusal_of(definition)
    assert [word for word in words if word not in sentence] == []
