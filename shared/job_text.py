"""Reads the text of a job file: UTF-8 of a bounded size that is YAML or JSON and holds a mapping. It opens no file."""

from __future__ import annotations

from shared.errors import InvalidField, TooLarge
from shared.model_definition.json_text import MAX_MODEL_DEFINITION_BYTES
from shared.yaml_text import value_from_text

MAX_JOB_FILE_BYTES = MAX_MODEL_DEFINITION_BYTES + 1024 * 1024
"""A model of the largest size, and room for what stands beside it."""


def text_within_limit(data: bytes, limit_bytes: int, *, what: str) -> str:
    """Return what was read as text, when it is text and small enough to be sent; `what` it is stands in errors."""
    if len(data) > limit_bytes:
        raise TooLarge(
            f"{what} has more than {limit_bytes:,} bytes and was not sent: a model definition may have "
            f"{MAX_MODEL_DEFINITION_BYTES:,}; it describes layers, weights and data do not belong in it",
            field="model_definition",
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidField(f"{what} is no UTF-8 text", field=what) from error


def mapping_from_text(text: str, *, source: str, most_yaml: int | None = None) -> dict[str, object]:
    """Return the keys of a job file's text; takes what `value_from_text` takes.

    Raises:
        InvalidField: it is neither YAML nor JSON, or no mapping.
        TooLarge: it is YAML, and longer than `most_yaml` characters.
    """
    value = value_from_text(text, source=source, most_yaml=most_yaml)
    if not isinstance(value, dict):
        raise InvalidField(
            f"{source} must be a mapping with keys such as 'model' and 'dataset', got {kind_in_words(value)}"
        )
    return value


def kind_in_words(value: object) -> str:
    """Return what a value of a job file is, for a sentence."""
    match value:
        case None:
            return "nothing"
        case list():
            return f"a list of {len(value)}"
        case str():
            return "a text"
        case _:
            return f"a {type(value).__name__}"
