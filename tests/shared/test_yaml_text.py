"""Plain values from YAML and JSON text: numbers and words as a person means them."""

from __future__ import annotations

import time

import pytest

from shared.errors import InvalidField
from shared.yaml_text import value_from_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.5E6", 1.5e6),
        ("3", 3),
        ("-3", -3),
        ("1_000", 1000),
        (".5", 0.5),
        ("0x10", 16),
        ("010", "010"),
        ("12:30", "12:30"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("2020-01-01", "2020-01-01"),
        ("2GiB", "2GiB"),
        ("'3'", "3"),
        ("null", None),
        ("{a: 1}", {"a": 1}),
        ('{"a": [1e-3, true, null]}', {"a": [0.001, True, None]}),
    ],
)
def test_values_are_what_they_look_like(text: str, value: object) -> None:
    read = value_from_text(text, source="text")
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "a: &a [*a, "])
def test_hostile_text_is_one_sentence(text: str) -> None:
    with pytest.raises(InvalidField):
        value_from_text(text, source="text")


def test_no_object_is_made_from_a_tag() -> None:
    with pytest.raises(InvalidField, match="could not determine a constructor"):
        value_from_text("!!python/object/apply:os.getcwd []", source="text")


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3", '{"a": 1, "a": 3}'])
def test_a_key_written_twice_is_refused(text: str) -> None:
    with pytest.raises(InvalidField, match="'a' is written twice"):
        value_from_text(text, source="text")


def references(levels: int, *, merged: bool = False) -> str:
    """Lists, or mappings, each of which names the one before nine times."""
    first = "p0: &a0 {k: v}" if merged else "p0: &a0 [lol]"
    frame = "{{<<: [{}]}}" if merged else "[{}]"
    lines = [f"p{n}: &a{n} {frame.format(', '.join([f'*a{n - 1}'] * 9))}" for n in range(1, levels)]
    return "\n".join([first, *lines])


@pytest.mark.parametrize("merged", [False, True], ids=["lists", "merged mappings"])
def test_references_that_grow_without_end_are_refused_before_they_do(merged: bool) -> None:
    with pytest.raises(InvalidField, match=r"references \(\*name\) would make .* values of the"):
        value_from_text(references(12, merged=merged), source="job.yaml")


def test_a_reference_to_what_holds_it_is_refused() -> None:
    with pytest.raises(InvalidField, match=r"line 1 holds a reference \(\*name\) to itself"):
        value_from_text("model: &m {layers: [1], again: *m}", source="job.yaml")


def test_references_as_people_write_them_are_followed() -> None:
    text = "block: &block {type: dense, units: 8}\nlayers: [*block, *block, {<<: *block, units: 4}]"
    block = {"type": "dense", "units": 8}
    read = value_from_text(text, source="job.yaml")
    assert read == {"block": block, "layers": [block, block, {"type": "dense", "units": 4}]}


def test_brackets_in_brackets_are_refused_before_they_take_time() -> None:
    begun = time.process_time()
    with pytest.raises(InvalidField, match="nested too deeply"):
        value_from_text("[" * 100_000, source="text")
    assert time.process_time() - begun < 0.5
