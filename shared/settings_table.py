"""Writes one process's settings as a table, from the class that holds them; each side says which flags it has."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from shared.documented_attributes import documented_attributes

_HEAD = "| flag | variable | default | values | what |\n|---|---|---|---|---|\n"
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def settings_table(settings: type[BaseModel], *, prefix: str, flags: Collection[str]) -> str:
    """Return a row for each setting: `flags` are those that the command line has, the variables begin with `prefix`."""
    said = documented_attributes(settings)
    return _HEAD + "".join(_rows(settings, said, prefix, flags))


def _rows(settings: type[BaseModel], said: dict[str, str], prefix: str, flags: Collection[str]) -> Iterator[str]:
    for name, field in settings.model_fields.items():
        flag = f"--{name.replace('_', '-')}"
        shown = f"`{flag}`" if flag in flags else ""
        yield f"| {shown} | `{prefix}{name.upper()}` | {_default(field)} | {_values(field)} | {_cell(said[name])} |\n"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value in {None, ""}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Path) and value.is_relative_to(Path.home()):
        return f"`~/{value.relative_to(Path.home())}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _values(field: FieldInfo) -> str:
    bounds = [
        f"{sign} {getattr(each, name):.10g}"
        for each in field.metadata
        for name, sign in _BOUNDS.items()
        if getattr(each, name, None) is not None
    ]
    choices = [f"`{word}`" for word in getattr(field.annotation, "__args__", ()) if isinstance(word, str) and word]
    return ", ".join(bounds or choices or [_kind(field.annotation)])


def _kind(annotation: Any) -> str:
    kinds = {str: "text", int: "integer", float: "number", bool: "yes or no", Path: "folder"}
    return kinds.get(annotation, "path")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").rstrip(".")
