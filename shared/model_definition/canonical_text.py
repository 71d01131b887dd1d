"""One spelling for equal model definitions: sorted keys, no spaces. Checks that it is JSON, not that it is a model."""

from __future__ import annotations

import json
from functools import lru_cache

from shared.did_you_mean import quoted
from shared.model_definition.json_text import MAX_DEPTH, json_object_from
from shared.model_definition.refusal import refusal

LONGEST_REMEMBERED = 20_000
"""Longer texts, in characters, are read each time: remembering them would cost megabytes."""


def canonical_text_from(definition: object) -> str:
    """The text under which a definition is kept, from its own JSON text or from what YAML or JSON made of it.

    Raises:
        InvalidField: when it is not JSON, or holds what JSON cannot say.
        TooLarge: when the text is over the limit.
    """
    if isinstance(definition, str):
        return _of_short_text(definition) if len(definition) <= LONGEST_REMEMBERED else _of_text(definition)
    if not isinstance(definition, dict):
        raise refusal(f"model must be a mapping such as {{layers: [64, 10]}}, got {quoted(definition)}")
    return _text(definition)


def _of_text(text: str) -> str:
    return _text(json_object_from(text))


_of_short_text = lru_cache(maxsize=256)(_of_text)
"""The many jobs of one search come with the same model."""


def _text(definition: dict[str, object]) -> str:
    try:
        return json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise refusal(f"the model definition is nested deeper than {MAX_DEPTH} levels; no form needs that") from None
    except (TypeError, ValueError) as error:
        raise refusal(f"the model definition holds what JSON cannot say: {error}") from None
