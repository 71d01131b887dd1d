"""Keeps whatever is logged as a mistake of our own while a test misbehaves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from central_server.structured_logging import PlainLines


class LoggedErrors(logging.Handler):
    """The lines that a person at 3 a.m. would be woken for."""

    SIGNS = frozenset({"core_dropped", "control_round_broke", "handler_broke"})

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR or record.getMessage() in self.SIGNS:
            self.lines.append(PlainLines().format(record))


@contextmanager
def logged_errors() -> Iterator[LoggedErrors]:
    """Keep them until the block ends."""
    errors = LoggedErrors()
    logging.getLogger().addHandler(errors)
    try:
        yield errors
    finally:
        logging.getLogger().removeHandler(errors)
