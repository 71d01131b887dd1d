"""Where the next page of a listing begins, as text that a client only hands back."""

from __future__ import annotations

import base64
import binascii
import json

from central_server.ports import JobPlace
from shared.errors import InvalidField

_LARGEST = 2**63
_REFUSAL = "cursor must be the X-Next-Cursor of an earlier answer with the same sort and order, or be left out"


def cursor_of(place: JobPlace, order: str) -> str:
    """Return the cursor of the page that begins behind `place` in a listing that goes by `order`."""
    content = json.dumps([order, place.key, place.sequence], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode()


def place_in(cursor: str, order: str, *, is_text: bool) -> JobPlace | None:
    """Return the place that `cursor_of` was given; None for no cursor.

    Args:
        cursor: what came from outside.
        order: what the listing goes by now.
        is_text: whether jobs are sorted by a text.

    Raises:
        InvalidField: it is no cursor of ours, or one of another order.
    """
    if not cursor:
        return None
    try:
        content = json.loads(base64.b64decode(cursor, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidField(_REFUSAL, field="cursor") from None
    match content:
        case [str() as made_for, str() | int() as key, int() as sequence] if made_for == order:
            place = JobPlace(key, sequence)
        case _:
            raise InvalidField(_REFUSAL, field="cursor")
    if isinstance(key, str) is not is_text or not _is_possible(key) or not _is_possible(sequence):
        raise InvalidField(_REFUSAL, field="cursor")
    return place


def _is_possible(value: int | str) -> bool:
    return value.isprintable() if isinstance(value, str) else 0 <= value < _LARGEST
