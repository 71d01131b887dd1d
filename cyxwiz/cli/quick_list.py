"""Reads a plain `cyxwiz list …` by itself: what most scripts call again and again does not wait for Typer to load.

It knows the options of `list` and nothing else. Whatever it does not understand, mistakes too, is left to Typer, so
nothing here may mean anything else than there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

_WITH_VALUE = frozenset({"--server", "--state", "--limit"})
_COMMAND = "list"


def quick_list(arguments: Sequence[str]) -> Callable[[], None] | None:
    """Return what does the command that the arguments spell, None when Typer has to look at them."""
    if _COMMAND not in arguments:
        return None
    said = _said(arguments)
    if said is None:
        return None

    def work() -> None:
        from cyxwiz.cli.job_table import DEFAULT_LIMIT, print_jobs

        limit = int(said.get("--limit", DEFAULT_LIMIT))
        print_jobs(state=said.get("--state"), limit=limit, as_json="--json" in said, server=said.get("--server"))

    return work


def _said(arguments: Sequence[str]) -> dict[str, str] | None:
    """Return the options with their values, the last of several; None when there is anything else."""
    said: dict[str, str] = {}
    words = iter(arguments)
    is_behind_command = False
    for word in words:
        name, equals, value = word.partition("=")
        if word == _COMMAND and not is_behind_command:
            is_behind_command = True
        elif word == "--json" and is_behind_command:
            said[word] = ""
        elif name in _WITH_VALUE and (is_behind_command or name == "--server"):
            value = value if equals else next(words, "")
            if not value or value.startswith("-") or (name == "--limit" and not (value.isascii() and value.isdigit())):
                return None
            said[name] = value
        else:
            return None
    return said if is_behind_command else None
