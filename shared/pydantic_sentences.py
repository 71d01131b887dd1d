"""Turns pydantic's findings into our `InvalidField`: the field as a dotted path, one sentence of expected and got."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.did_you_mean import quoted
from shared.errors import InvalidField

_EXPECTED = {
    "greater_than": "> {gt}",
    "greater_than_equal": ">= {ge}",
    "less_than": "< {lt}",
    "less_than_equal": "<= {le}",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "dict_type": "a mapping of names to values",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "given",
    "too_long": "at most {max_length} entries",
    "enum": "one of {expected}",
    "literal_error": "one of {expected}",
    "is_instance_of": "{class}",
}


def invalid_field_from(error: ValidationError, *, prefix: str = "") -> InvalidField:
    """The first finding as `InvalidField`, such as `learning_rate must be > 0, got -0.1`."""
    finding = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in (prefix, *finding["loc"]) if str(part))
    return InvalidField(f"{path} {_ending(finding)}", field=path)


def _ending(finding: ErrorDetails) -> str:
    if finding["type"] == "missing":
        return "is missing"
    if finding["type"] == "value_error":
        return str(finding["ctx"]["error"])
    expected = _EXPECTED.get(finding["type"])
    if expected is None:
        return f"is wrong: {finding['msg']}, got {quoted(finding['input'])}"
    bounds = {name: _plain(value) for name, value in finding.get("ctx", {}).items()}
    return f"must be {expected.format(**bounds)}, got {quoted(finding['input'])}"


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value
