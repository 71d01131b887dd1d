"""How the command line speaks: plain lines in a pipe, tables and colour on a terminal, one sentence for an error.

Everything passes here, so that no terminal obeys what somebody wrote into a name, a log line or a reason.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from cyxwiz.records import to_json_value
from shared.visible_text import visible, visible_json

_OF_SEVERAL_LINES = "\n\t"


def print_line(text: str = "") -> None:
    """Print a line, or several, on standard output at once, so that whoever reads a pipe sees it."""
    _print(visible(text, keep=_OF_SEVERAL_LINES))


def print_coloured(colour: str, word: str, rest: str) -> None:
    """Print one line that begins with a word in a colour, given as a terminal's number for it."""
    _print(f"\x1b[{colour}m{visible(word)}\x1b[0m{visible(rest)}")


def stop_printing() -> None:
    """Print nothing more: whoever read standard output has gone, and a flush at exit must not complain of it."""
    sys.stdout = None  # Python's own way to say that there is none


def print_notice(text: str) -> None:
    """Say something beside the output, on standard error."""
    print(visible(text, keep=_OF_SEVERAL_LINES), file=sys.stderr, flush=True)  # noqa: T201  # this is the printer


def print_error(sentence: str) -> None:
    """Say what went wrong, in one line on standard error."""
    print_notice(f"cyxwiz: {' '.join(sentence.split())}")


def print_json(value: object) -> None:
    """Print one JSON document: in lines on a terminal, in one line for a program."""
    indent = 2 if sys.stdout.isatty() else None
    _print(visible_json(json.dumps(to_json_value(value), indent=indent, ensure_ascii=False, allow_nan=False)))


def print_json_line(value: object) -> None:
    """Print one JSON document of a stream, in one line."""
    _print(visible_json(json.dumps(to_json_value(value), ensure_ascii=False, allow_nan=False)))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header: a table on a terminal, aligned columns in a pipe, never cut there."""
    if sys.stdout.isatty():
        _print_rich_table(header, rows)
        return
    lines = [[visible(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        print_line("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # this is the printer


def _print_rich_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console

    from cyxwiz.cli.rich_table import rich_table

    Console().print(rich_table(header, rows))
