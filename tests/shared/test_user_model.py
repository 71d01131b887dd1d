"""A user's own model in Python: how it travels, and what is refused without running a line of it."""

from __future__ import annotations

import pytest

from shared.errors import InvalidField, TooLarge
from shared.job_check import check_job_spec
from shared.job_config import config_from_job_spec, job_spec_from_config
from shared.job_spec import job_spec_from_mapping
from shared.model_definition.token_check import check_tokens
from shared.user_model import (
    LARGEST_SOURCE_BYTES,
    runs_user_code,
    user_model_from_bytes,
    user_model_from_definition,
    user_model_graph,
)

GOOD = "def init(key, input_shape):\n    return {}\n\ndef apply(params, x, *, key, train):\n    return x\n"


def refused(source: str) -> str:
    with pytest.raises(InvalidField) as refusal:
        user_model_from_bytes("mine.py", source.encode())
    assert refusal.value.field == "model_definition"
    return refusal.value.message


def test_a_file_travels_whole_and_comes_back() -> None:
    model = user_model_from_bytes("mine.py", GOOD.encode())
    assert user_model_from_definition(model.definition()) == model
    spec = job_spec_from_mapping({"model": model.definition(), "dataset": "builtin://digits"})
    assert runs_user_code(spec.model_definition)
    assert job_spec_from_config(config_from_job_spec(spec)).model_definition == spec.model_definition


def test_a_job_of_it_is_checked_without_knowing_its_layers() -> None:
    definition = user_model_from_bytes("mine.py", GOOD.encode()).definition()
    checked = check_job_spec(job_spec_from_mapping({"model": definition, "dataset": "builtin://digits"}))
    assert (checked.summary, checked.parameters) == (None, None)


def test_tokens_may_enter_it_without_an_embedding_of_ours() -> None:
    check_tokens(user_model_graph(user_model_from_bytes("mine.py", GOOD.encode())), 20)


def test_other_models_run_no_user_code() -> None:
    spec = job_spec_from_mapping({"model": {"layers": [8, 10]}, "dataset": "builtin://digits"})
    assert not runs_user_code(spec.model_definition)


def test_a_syntax_error_is_shown_with_its_line() -> None:
    assert refused(GOOD + "y = = 3\n").startswith('mine.py, line 6, "y = = 3": syntax error')


@pytest.mark.parametrize(
    "source",
    [
        "x" + ".a" * 50_000,
        "1" + "+1" * 50_000,
        "-" * 100_000 + "1",
        "(" * 5_000,
        "a\0b",
    ],
)
def test_a_text_that_would_break_the_parser_is_refused(source: str) -> None:
    assert "mine.py" in refused(source)


def test_bytes_that_are_no_text_are_refused_with_their_place() -> None:
    with pytest.raises(InvalidField, match="UTF-8 text, got the byte 0xff at 3"):
        user_model_from_bytes("mine.py", b"a =\xff")


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(TooLarge, match="at most 131,072 bytes"):
        user_model_from_bytes("mine.py", b"#" * (LARGEST_SOURCE_BYTES + 1))
    with pytest.raises(TooLarge):
        user_model_from_definition({"python": {"file": "m.py", "source": "ä" * (LARGEST_SOURCE_BYTES // 2 + 1)}})


def test_a_missing_function_is_named_with_how_it_is_written() -> None:
    message = refused("def init(key, input_shape): ...\n")
    assert message == "mine.py must define apply(params, x, *, key, train) at its top level, and does not"


@pytest.mark.parametrize(
    "line",
    [
        "def apply(params, x): ...",
        "def apply(params, x, *, key): ...",
        "def apply(params, x, *, key, train, more): ...",
        "def apply(params, *, key, train): ...",
        "def apply(params, x, y, *, key, train): ...",
    ],
)
def test_a_function_that_could_not_be_called_is_shown(line: str) -> None:
    message = refused("def init(key, input_shape): ...\n" + line)
    assert message == f'mine.py, line 2, "{line}": apply must be written as apply(params, x, *, key, train)'


@pytest.mark.parametrize(
    "line",
    [
        "def apply(params, x, *, key, train): ...",
        "def apply(p, images, key, train): ...",
        "def apply(*all, **named): ...",
        "def apply(params, x, *, key, train, width=3): ...",
        "apply = something.apply",
        "from elsewhere import forward as apply",
        "if True:\n    apply = print",
    ],
)
def test_every_way_to_define_a_function_will_do(line: str) -> None:
    user_model_from_bytes("mine.py", f"def init(key, input_shape): ...\n{line}\n".encode())


def test_a_loss_must_fit_too() -> None:
    assert "loss must be written as loss(params, batch, *, key)" in refused(GOOD + "def loss(outputs, y): ...\n")


def test_a_definition_of_another_shape_is_refused_with_what_to_write() -> None:
    with pytest.raises(InvalidField, match=r"in a job file write model: \{python: my_model\.py\}"):
        user_model_from_definition({"python": "mine.py"})
    with pytest.raises(InvalidField, match="one key python"):
        user_model_from_definition({"python": {"file": "m.py", "source": GOOD}, "layers": [1]})


@pytest.mark.parametrize("name", ["../mine.py", "mine", "", "a\nb.py", "x" * 300 + ".py"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidField, match="without folders"):
        user_model_from_definition({"python": {"file": name, "source": GOOD}})
