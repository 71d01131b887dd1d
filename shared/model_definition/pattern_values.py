"""Puts values in the place of `$name` in a pattern's template, and a job's hyperparameters into a pattern."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from shared.did_you_mean import did_you_mean, quoted
from shared.model_definition.canonical_text import canonical_text_from
from shared.model_definition.json_text import json_object_from
from shared.model_definition.pattern_parameters import VALUE_KEY, parameter_name
from shared.model_definition.refusal import refusal

_PLACE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")

_MOST_FILLED_CHARACTERS = 1_000_000


def filled(written: object, values: Mapping[str, object]) -> object:
    """The same with every `$name` replaced, in lists and objects too.

    A text that is nothing but `$name` becomes the value itself; within a longer text it becomes the value's text, so
    that `"[$height, $width]"` is a shape.

    Raises:
        InvalidField: for a name that is no parameter, or one that has no value.
    """
    return _Filling(values).of(written)


class _Filling:
    """One pass over a template; texts made of several values add up to a bounded length."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self._characters = 0

    def of(self, written: object) -> object:
        if isinstance(written, str):
            return self._text(written) if "$" in written else written
        if isinstance(written, list):
            return [self.of(item) for item in written]
        if isinstance(written, dict):
            return {key: self.of(item) for key, item in written.items()}
        return written

    def _text(self, text: str) -> object:
        whole = _PLACE.fullmatch(text.strip())
        return _value(whole, self._values) if whole is not None else _PLACE.sub(self._piece, text)

    def _piece(self, found: re.Match[str]) -> str:
        piece = _as_text(_value(found, self._values))
        self._characters += len(piece)
        if self._characters > _MOST_FILLED_CHARACTERS:
            raise refusal(f"filling in the pattern makes more than {_MOST_FILLED_CHARACTERS} characters; shorten it")
        return piece


def with_job_values(text: str, hyperparameters: Mapping[str, str]) -> tuple[str, frozenset[str]]:
    """A pattern in which hyperparameters that bear the name of a parameter are its value; and those names.

    Other definitions come back as they are. The pattern then says by itself what it means, wherever it travels.
    """
    if '"template"' not in text or not hyperparameters:
        return text, frozenset()
    definition = json_object_from(text)
    parameters = definition.get("parameters")
    if "template" not in definition or not isinstance(parameters, list):
        return text, frozenset()
    taken = frozenset(hyperparameters) & {parameter_name(parameter) for parameter in parameters}
    if not taken:
        return text, taken
    given = [_with_value(parameter, hyperparameters) for parameter in parameters]
    return canonical_text_from({**definition, "parameters": given}), taken


def _with_value(parameter: object, hyperparameters: Mapping[str, str]) -> object:
    name = parameter_name(parameter)
    if not isinstance(parameter, dict) or name is None or name not in hyperparameters:
        return parameter
    return {**parameter, VALUE_KEY: hyperparameters[name]}


def _value(found: re.Match[str], values: Mapping[str, object]) -> object:
    name = found[1] or found[2]
    if name not in values:
        hint = did_you_mean(name, values) or f"; they are {', '.join(values) or 'none'}"
        raise refusal(f"${name} is no parameter of the pattern{hint}")
    value = values[name]
    if value is None:
        raise refusal(f"pattern parameter {name} has no default; give it as a hyperparameter of the job")
    return value


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float, str)):
        return str(value)
    if isinstance(value, list):
        return json.dumps(value)
    raise refusal(f"{quoted(value)} cannot stand inside a text of the pattern")
