"""Every type and every code of the designer's vocabulary works, or is refused with its node and the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import CyxWizError
from shared.model_definition.kinds import KINDS
from shared.model_definition.parse import parse_model_definition
from shared.model_definition.settings_nodes import SETTINGS_NODES
from tests.judged_models.drawing import CODES
from tests.judged_models.vocabulary_examples import GIVEN, REFUSED, VECTOR, graph_with, shape_of
from tests.shared.definitions import planned, refusal_of

SPELLINGS: dict[str, Callable[[str], object]] = {
    "code": lambda name: CODES[name],
    "code_as_text": lambda name: str(CODES[name]),
    "name": str,
    "upper": str.upper,
    "snake": lambda name: re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower(),
}
STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**62, "", " ", "x", "NaN", "1e400", "9" * 40, "[", "[1, [2]]", "$name", [], [0], [[1]],
    [None], ["a"], {}, {"a": 1}, "ü\u202e", [1] * 40,
)  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("name", CODES)
def test_a_type_works_or_is_refused_with_its_node_and_the_reason(name: str, spelling: str) -> None:
    graph = graph_with(name, SPELLINGS[spelling](name))
    if name in REFUSED:
        sentence = refusal_of(graph)
        assert "node 2 (it)" in sentence
        assert REFUSED[name] in sentence
    else:
        assert planned(graph, shape_of(name)) == GIVEN.get(name, (VECTOR, 0))


@pytest.mark.parametrize("written", [85, 9_999, -1, "85", 2.0, True, None, [], {}, "", "Dence"])
def test_what_is_no_type_is_refused_with_its_node(written: object) -> None:
    assert "node 2 (it)" in refusal_of(graph_with("Dense", written))


@pytest.mark.parametrize("name", [name for name in CODES if name not in REFUSED])
def test_a_strange_value_of_any_parameter_is_read_or_refused(name: str) -> None:
    for parameter in _parameters_of(name):
        for value in STRANGE:
            graph = graph_with(name, CODES[name], **{parameter: value})
            assert _is_one_sentence(_refusal(graph, shape_of(name))), (parameter, value)


def _parameters_of(name: str) -> tuple[str, ...]:
    if name == "DatasetInput":
        return ("dataset_name", "split", "input_shape", "batch_size", "strange")
    if name == "Output":
        return ("classes", "strange")
    if name in SETTINGS_NODES:
        return (*SETTINGS_NODES[name].becomes, *SETTINGS_NODES[name].must_be, "strange")
    kind = parse_model_definition(json.dumps(graph_with(name, name))).nodes[-1].kind
    return (*(spec.name for spec in KINDS[kind].parameters), "strange")


def _refusal(graph: dict[str, Any], shape: tuple[int, ...]) -> str:
    """The sentence of the refusal, empty for none."""
    try:
        planned(graph, shape)
    except CyxWizError as error:
        return str(error)
    return ""


def _is_one_sentence(text: str) -> bool:
    return text == "" or (10 < len(text) < 1_000 and text.isprintable())
