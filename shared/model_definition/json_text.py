"""The JSON of a model definition: an object of bounded size and depth, no NaN, no huge numbers, no doubled keys."""

from __future__ import annotations

import json
import math
from collections import Counter
from operator import itemgetter
from typing import Any, NoReturn

from shared.did_you_mean import quoted
from shared.errors import TooLarge
from shared.model_definition.refusal import FIELD, refusal

MAX_MODEL_DEFINITION_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 32
_MAX_INTEGER_DIGITS = 19


def json_object_from(text: str) -> dict[str, Any]:
    """The object a model definition holds.

    Raises:
        TooLarge: when the text has more than `MAX_MODEL_DEFINITION_BYTES`.
        InvalidField: when it is not such JSON.
    """
    _check_size(text)
    value = _parsed(text)
    if not isinstance(value, dict):
        raise refusal(f"the model definition must be a JSON object, got {_type_name(value)}")
    _check_depth_and_text(value)
    return value


def _check_size(text: str) -> None:
    if len(text) > MAX_MODEL_DEFINITION_BYTES or len(text.encode("utf-8", "replace")) > MAX_MODEL_DEFINITION_BYTES:
        raise TooLarge(
            f"the model definition must be at most {MAX_MODEL_DEFINITION_BYTES} bytes, got {len(text)} characters; "
            "it describes layers, weights do not belong in it",
            field=FIELD,
        )
    if not text.strip():
        raise refusal('the model definition is empty; give JSON such as {"layers": [64, 10]}')


def _parsed(text: str) -> object:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_real,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        if text.strip().isidentifier():
            raise refusal(
                f"the model definition must be an object, got {quoted(text)}; a model of the zoo is named like "
                f'{{"architecture": {json.dumps(text.strip()[:40])}}}'
            ) from None
        place = f"line {error.lineno} column {error.colno}"
        raise refusal(f"the model definition is not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise _too_deep() from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        twice = max(Counter(key for key, _ in pairs).items(), key=itemgetter(1))[0]
        raise refusal(f"the model definition has the key {quoted(twice)} twice in one object; keep one")
    return value


def _refuse_constant(word: str) -> NoReturn:
    raise refusal(f"the model definition holds {word}, which is not a number JSON knows; write a finite number")


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise refusal(f"the model definition holds {quoted(digits)}, which is too large for a number")
    return value


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > _MAX_INTEGER_DIGITS:
        raise refusal(f"the model definition holds {quoted(digits)}, which is too large for a whole number")
    return int(digits)


def _check_depth_and_text(root: object) -> None:
    level: list[object] = [root]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for value in level for inner in _contents(value)]
        if not level:
            return
    raise _too_deep()


def _contents(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list):
        return value
    if isinstance(value, str) and not value.isascii():
        _check_unicode(value)
    return []


def _check_unicode(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise refusal(
            f"the model definition holds {quoted(text)}, which is half a character; write whole ones"
        ) from None


def _too_deep() -> Exception:
    return refusal(f"the model definition is nested deeper than {MAX_DEPTH} levels; no form needs that")


def _type_name(value: object) -> str:
    names = {list: "a list", str: "a string", bool: "a flag", type(None): "null"}
    return names.get(type(value), "a number")
