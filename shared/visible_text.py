"""Text of others as it may be shown: what would move a cursor, change colours or turn writing around is written out.

Names, log lines and sentences come from users' files and programs; a terminal obeys what they hold.
"""

from __future__ import annotations

import json
import unicodedata


def visible(text: str, *, keep: str = "") -> str:
    """Return the text with each control character, direction mark, odd line end or lone surrogate as its Python escape.

    Args:
        text: from anywhere.
        keep: characters that stay as they are, such as line ends where several lines are meant.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign in keep or _is_harmless(sign) else _escape(sign) for sign in text)


def visible_json(document: str) -> str:
    r"""Return a JSON document that means the same, with such characters in its strings as `\u…`."""
    if document.isprintable():
        return document
    return "".join(sign if sign == "\n" or _is_harmless(sign) else json.dumps(sign)[1:-1] for sign in document)


def _is_harmless(sign: str) -> bool:
    return sign.isprintable() or unicodedata.category(sign) == "Zs"


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode()
