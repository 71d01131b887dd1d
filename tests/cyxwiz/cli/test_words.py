"""Numbers and times in words."""

from __future__ import annotations

import pytest

from cyxwiz.cli.words import bytes_in_words, moment_in_words, seconds_in_words


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (2**31, "2.0 GiB"), (2**52, "4096.0 TiB")]
)
def test_sizes(size: int, words: str) -> None:
    assert bytes_in_words(size) == words


@pytest.mark.parametrize(("seconds", "words"), [(3.21, "3.2 s"), (125, "2 min 5 s"), (3840, "1 h 4 min")])
def test_durations(seconds: float, words: str) -> None:
    assert seconds_in_words(seconds) == words


def test_moments() -> None:
    assert moment_in_words(None, now_ms=5) == "-"
    assert moment_in_words(1_000, now_ms=4_000) == "3.0 s ago"
