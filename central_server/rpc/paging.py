"""Sizes and tokens of pages. A token says where the next page begins, and belongs to the filters it was made for."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Iterable
from itertools import accumulate, takewhile

from shared.errors import InvalidField

DEFAULT_PAGE_SIZE = 100
LARGEST_PAGE_SIZE = 1000
MOST_PAGE_BYTES = 16 * 1024 * 1024
"""A quarter of what clients take in one message, so that neither labels nor attempts can make a page too long."""


def page_size_asked(asked: int) -> int:
    """Return how many to give: 0 leaves it to us, more than the largest gets the largest.

    Raises:
        InvalidField: it is negative.
    """
    if asked < 0:
        raise InvalidField(f"page_size must be between 0 and {LARGEST_PAGE_SIZE}, got {asked}", field="page_size")
    return min(asked or DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE)


def how_many_fit(sizes: Iterable[int], *, most_bytes: int) -> int:
    """Return how many of a page's entries go into one answer: the first always does, so that a listing goes on."""
    return max(1, sum(1 for _ in takewhile(lambda total: total <= most_bytes, accumulate(sizes))))


def token_for(position: str, filters: str) -> str:
    """Return the token of the page that begins after `position`."""
    return base64.urlsafe_b64encode(json.dumps([position, _fingerprint(filters)]).encode()).decode()


def position_in(token: str, filters: str) -> str:
    """Return the position that `token_for` was given; empty for no token.

    Raises:
        InvalidField: it is no token of ours, or one for other filters.
    """
    if not token:
        return ""
    position, fingerprint = _unpacked(token)
    if fingerprint != _fingerprint(filters):
        raise InvalidField("page_token belongs to a listing with other filters; begin anew without it", field=_FIELD)
    return position


_FIELD = "page_token"


def _unpacked(token: str) -> tuple[str, int]:
    refusal = InvalidField("page_token must be the next_page_token of an earlier answer, or empty", field=_FIELD)
    try:
        content = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        raise refusal from None
    match content:
        case [str() as position, int() as fingerprint]:
            return position, fingerprint
        case _:
            raise refusal


def _fingerprint(filters: str) -> int:
    return zlib.crc32(filters.encode())
