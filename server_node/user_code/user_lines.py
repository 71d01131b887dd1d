"""Which line of a user's file an exception came through, and one sentence that shows it."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from server_node.user_code.messages import LONGEST_SENTENCE
from shared.user_model import UserModel, located

_LONGEST_CAUSE = 1_000


def sentence_of(failure: BaseException, model: UserModel) -> str | None:
    """Give the sentence, such as `my_model.py, line 3, "y = x @ w": TypeError: …`; None when no line took part."""
    line = line_of(failure, model)
    return None if line is None else f"{located(model, line)}: {cause_of(failure)}"[:LONGEST_SENTENCE]


def line_of(failure: BaseException, model: UserModel) -> int | None:
    """Give the innermost line of the file that the exception, or what it was raised from, came through."""
    if isinstance(failure, SyntaxError) and failure.filename == model.file:
        return failure.lineno
    for link in _chain(failure):
        frames = traceback.extract_tb(link.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == model.file]
        if lines:
            return lines[-1]
    return None


def cause_of(failure: BaseException) -> str:
    """Name the exception in one line."""
    text = " ".join(str(failure).split())
    return f"{type(failure).__name__}: {text}"[:_LONGEST_CAUSE] if text else type(failure).__name__


def _chain(failure: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = failure
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__
