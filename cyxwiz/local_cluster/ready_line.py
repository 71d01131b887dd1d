"""The line by which our processes say that they can be used: `ready key=value …`."""

from __future__ import annotations

from collections.abc import Mapping


def facts_from_ready_line(line: str) -> Mapping[str, str] | None:
    """Return the keys of a ready line, None when `line` is another one."""
    word, *facts = line.split()[:32] or [""]
    if word != "ready":
        return None
    return {key: value for key, equals, value in (fact.partition("=") for fact in facts) if equals}
