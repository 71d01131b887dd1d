"""Reads what a class's docstring says of each of its attributes, for the pages of reference. It decides nothing."""

from __future__ import annotations

import inspect
import re

_ATTRIBUTE = re.compile(r"^    (?P<name>\w+): (?P<text>.*)$")


def documented_attributes(documented: type) -> dict[str, str]:
    """Return the sentence on each attribute, from the section `Attributes:` of a Google-style docstring."""
    section = inspect.cleandoc(documented.__doc__ or "").partition("Attributes:\n")[2]
    said: dict[str, str] = {}
    for line in section.split("\n\n")[0].splitlines():
        if found := _ATTRIBUTE.match(line):
            name = found["name"]
            said[name] = found["text"]
        elif said:
            said[list(said)[-1]] += f" {line.strip()}"
    return said
