"""One spelling for equal model definitions: sorted keys, no spaces. Checks that it is JSON, not that it is a model."""

from __future__ import annotations

import json

from shared.did_you_mean import quoted
from shared.model_definition.json_text import MAX_DEPTH, json_object_from
from shared.model_definition.refusal import refusal


def canonical_text_from(definition: object) -> str:
    """The text under which a definition is kept, from its own JSON text or from what YAML or JSON made of it.

    Raises:
        InvalidField: when it is not JSON, or holds what JSON cannot say.
        TooLarge: when the text is over the limit.
    """
    if isinstance(definition, str):
        return _text(json_object_from(definition))
    if not isinstance(definition, dict):
        raise refusal(f"model must be a mapping such as {{layers: [64, 10]}}, got {quoted(definition)}")
    return _text(definition)


def _text(definition: dict[str, object]) -> str:
    try:
        return json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise refusal(f"the model definition is nested deeper than {MAX_DEPTH} levels; no form needs that") from None
    except (TypeError, ValueError) as error:
        raise refusal(f"the model definition holds what JSON cannot say: {error}") from None
