"""The words of our refusals: how a wrong value is shown, and which known name was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LONGEST_SHOWN = 80


def quoted(value: object) -> str:
    """A value as a person wrote it, in one printable line of bounded length."""
    text = repr(value[: _LONGEST_SHOWN + 1] if isinstance(value, str) else value)
    shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")


def in_one_line(text: object, longest: int = _LONGEST_SHOWN) -> str:
    """What others wrote, such as an error or a name in a file, in one printable line of bounded length."""
    words = " ".join(str(text)[: 4 * longest].split())
    shown = words if len(words) <= longest else words[:longest] + "…"
    return "".join(mark if mark.isprintable() else "?" for mark in shown)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`", did you mean adam?"` when a known name is close to the word, else the empty string."""
    by_lower_case = {name.lower(): name for name in known}
    said = word[:_LONGEST_SHOWN].lower()
    close = difflib.get_close_matches(said, by_lower_case, n=3, cutoff=0.6)
    # Letters in the wrong order are likelier than a longer word: adma is adam, not adamax.
    best = min(close, key=lambda name: sorted(name) != sorted(said), default="")
    return f", did you mean {by_lower_case[best]}?" if best else ""
