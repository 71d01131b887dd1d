"""Text of others that is shown: nothing in it is obeyed, and JSON still means the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.visible_text import visible, visible_json

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("naïve 訓練 🎉", "naïve 訓練 🎉"),
        ("\x1b]0;mine\x07", "\\x1b]0;mine\\x07"),
        ("a\rb\nc", "a\\rb\\nc"),
        ("\x9b31m", "\\x9b31m"),
        ("ab\u202edc", "ab\\u202edc"),
        ("one\u2028two", "one\\u2028two"),
        ("\ud800", "\\ud800"),
        ("12\u00a0345", "12\u00a0345"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(ANY_TEXT)
def test_nothing_that_is_shown_moves_a_cursor_or_cannot_be_encoded(text: str) -> None:
    shown = visible(text)
    assert not any(sign < " " or "\x7f" <= sign < "\xa0" for sign in shown)
    shown.encode()


@given(ANY_TEXT)
def test_json_that_is_shown_means_what_it_meant(text: str) -> None:
    document = visible_json(json.dumps({"name": text}, indent=2, ensure_ascii=False))
    assert json.loads(document) == {"name": text}
    assert not any((sign < " " and sign != "\n") or "\x7f" <= sign < "\xa0" for sign in document)
