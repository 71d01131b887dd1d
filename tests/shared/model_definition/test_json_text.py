"""Hostile and broken JSON: every text gives a graph or a sentence, never another error."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidField, TooLarge, UserMistake
from shared.model_definition.chain import MAX_NODES
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.json_text import MAX_MODEL_DEFINITION_BYTES
from shared.model_definition.kinds import KINDS
from shared.model_definition.parse import parse_model_definition
from shared.model_definition.shapes import summarize
from shared.model_definition.vocabulary import DESIGNER_NAMES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("{", "is not JSON"),
        ("cnn", '{"architecture": "cnn"}'),
        ("[1]", "must be a JSON object, got a list"),
        ('"x"', "must be a JSON object"),
        ('{"layers": [NaN]}', "NaN"),
        ('{"layers": [-Infinity]}', "Infinity"),
        ('{"layers": [1e999]}', "too large for a number"),
        ('{"layers": [' + "9" * 5000 + "]}", "too large for a whole number"),
        ('{"layers": [10], "layers": [20]}', "'layers' twice"),
        ('{"layers": [{"type": "dense", "name": "\\ud800"}]}', "half a character"),
        ('{"a":' * 100_000, "nested deeper"),
        ('{"layers":' + "[" * 40 + "]" * 40 + "}", "nested deeper"),
        ('{"layers": [{"type": "dense", "name": "\\u001b[31m"}]}', "printable"),
    ],
)
def test_broken_json_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(InvalidField, match=words) as caught:
        parse_model_definition(text)
    assert caught.value.field == "model_definition"


def test_a_text_over_the_limit_is_refused_by_size() -> None:
    with pytest.raises(TooLarge, match=str(MAX_MODEL_DEFINITION_BYTES)):
        parse_model_definition(" " * (MAX_MODEL_DEFINITION_BYTES + 1))


def test_too_many_layers_are_refused() -> None:
    with pytest.raises(TooLarge, match="at most 10000 nodes"):
        parse_model_definition(json.dumps({"layers": [1] * (MAX_NODES + 1)}))


_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["3", "[3, 3]", "same"])
)
_JSON = st.recursive(_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
_TYPES = st.sampled_from([*KINDS, *DESIGNER_NAMES]) | st.integers(-1, 86) | _SCALARS
_PARAMETER_NAMES = st.sampled_from([spec.name for kind in KINDS.values() for spec in kind.parameters]) | st.text()
_PARAMETERS = st.dictionaries(_PARAMETER_NAMES, _JSON, max_size=3)
_LAYER = st.builds(lambda type_, rest: {"type": type_, **rest}, _TYPES, _PARAMETERS) | _JSON
_NODE = st.fixed_dictionaries(
    {"id": st.integers(0, 6), "type": _TYPES}, optional={"parameters": _PARAMETERS, "name": _JSON}
)
_LINK = st.fixed_dictionaries(
    {"from_node": st.integers(0, 6), "to_node": st.integers(0, 6)},
    optional={"from_pin_index": st.integers(0, 2) | _JSON, "to_pin_index": st.integers(0, 2)},
)
_DEFINITION = (
    st.fixed_dictionaries(
        {"layers": st.lists(_LAYER, max_size=4) | _JSON}, optional={"architecture": _JSON, "type": _JSON}
    )
    | st.fixed_dictionaries(
        {"nodes": st.lists(_NODE, max_size=6) | _JSON}, optional={"links": st.lists(_LINK, max_size=8)}
    )
    | st.fixed_dictionaries({"type": st.just("mlp") | _JSON}, optional={"input_size": _JSON, "hidden_layers": _JSON})
    | _JSON
)


def _mistake(text: str, shape: tuple[int, ...]) -> UserMistake | None:
    try:
        assert summarize(with_implied_flatten(parse_model_definition(text), shape), shape)
    except UserMistake as error:
        return error
    return None


@settings(deadline=None)
@given(_DEFINITION, st.sampled_from([(4,), (5, 5, 2), (3, 4)]))
def test_any_json_gives_a_model_with_shapes_or_one_sentence(definition: object, shape: tuple[int, ...]) -> None:
    mistake = _mistake(json.dumps(definition), shape)
    if mistake is not None:
        assert mistake.field == "model_definition"
        assert str(mistake).isprintable()
        assert len(str(mistake)) < 1_000


@settings(deadline=None)
@given(st.text())
def test_any_text_gives_a_model_or_one_sentence(text: str) -> None:
    mistake = _mistake(text, (4,))
    assert mistake is None or mistake.field == "model_definition"
