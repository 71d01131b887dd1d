"""A process's own log: one line an event, a constant name, then fields; for people, or as JSON for machines.

Both sides write the same keys. What a library logs comes in the same form, and nothing that anybody wrote into a field
can begin a line of its own or move a terminal's cursor.
"""

from __future__ import annotations

import json
import logging
import math
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType, TracebackType
from typing import Any, Literal

from shared.identifiers import AttemptKey
from shared.visible_text import visible

LogLevel = Literal["debug", "info", "warning", "error"]

FIELDS = "cyxwiz_fields"
"""Where a record keeps its fields."""

_OURS = ("central_server", "server_node", "cyxwiz", "shared")
_OF_LIBRARIES = "library_message"
"""The event of a line that a library wrote; its text is in `message`."""
_KEYS = {"job": "job_id", "node": "node_id", "session": "session_id"}
"""Short names of fields, and their keys in JSON."""

_context: ContextVar[Mapping[str, Any]] = ContextVar("log_context", default=MappingProxyType({}))
_of_process: dict[str, Any] = {}


def log_event(
    logger: logging.Logger,
    event: str,
    *,
    is_warning: bool = False,
    is_error: bool = False,
    exception: BaseException | None = None,
    **fields: Any,
) -> None:
    """Log `event` with its fields; the name is constant, what varies is in the fields."""
    level = logging.ERROR if is_error else logging.WARNING if is_warning else logging.INFO
    logger.log(level, event, extra={FIELDS: fields}, exc_info=exception)


@contextmanager
def log_context(**fields: Any) -> Iterator[None]:
    """Add fields to every line that this task or thread, and what it starts, logs until the block ends."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def add_to_every_line(**fields: Any) -> None:
    """Add fields to every line that this process logs from now on."""
    _of_process.update(fields)


def configure_logging(*, level: LogLevel, as_json: bool) -> None:
    """Send every log line of this process to standard error in one form; libraries speak from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    logging.basicConfig(level=max(logging.WARNING, _number(level)), handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(_number(level))
    for chatty in ("alembic", "uvicorn", "httpx"):  # some of them set a level of their own when they are imported
        logging.getLogger(chatty).setLevel(max(logging.WARNING, _number(level)))
    logging.captureWarnings(capture=True)
    if as_json:
        sys.excepthook = _log_uncaught
        threading.excepthook = _log_uncaught_in_thread


class PlainLines(logging.Formatter):
    """`2026-01-31 12:00:00,000 INFO job_accepted job=… user=…`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the trace below it where there is one."""
        said = _fields_of(record)
        known = _canonical(said)
        context = {name: value for name, value in _context.get().items() if name not in known}
        fields = "".join(f" {name}={_quoted(str(value))}" for name, value in {**said, **context}.items())
        line = f"{self.formatTime(record)} {record.levelname} {visible(record.getMessage())}{fields}"
        if not record.exc_info:
            return line
        trace = self.formatException(record.exc_info)
        return "\n".join([line, *(visible(text) for text in trace.split("\n"))])


class JsonLines(logging.Formatter):
    """One JSON object a line: `at_ms`, `level`, `logger`, `event`, then fields and context, and `exception`.

    `job_id`, `attempt`, `node_id`, `session_id`, `trace_id` and `span_id` mean the same on every line that has them.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        event, said = _event_of(record)
        line: dict[str, Any] = {
            "at_ms": round(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event,
        }
        for name, value in _canonical({**_of_process, **_context.get(), **said}).items():
            line.setdefault(name, value)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, allow_nan=False).replace("\x7f", "\\u007f")


def _event_of(record: logging.LogRecord) -> tuple[str, Mapping[str, Any]]:
    fields = _fields_of(record)
    text = record.getMessage()
    if hasattr(record, FIELDS):
        return text, fields
    if record.name.partition(".")[0] not in _OURS:
        return _OF_LIBRARIES, {"message": text}
    event, _, rest = text.partition(" ")
    return event, {"message": rest} if rest else {}


def _canonical(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields under the names that JSON has for them; an attempt's key becomes its two halves."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "attempt" and (key := _attempt_key(value)) is not None:
            found |= {"job_id": key.job_id, "attempt": key.number}
        else:
            found[_KEYS.get(name, name)] = _plain(value)
    return found


def _attempt_key(value: object) -> AttemptKey | None:
    if isinstance(value, AttemptKey):
        return value
    job_id, mark, number = value.rpartition("#") if isinstance(value, str) else ("", "", "")
    return AttemptKey(job_id, int(number)) if mark and number.isdecimal() else None


def _plain(value: Any) -> Any:
    """What JSON can hold; numbers that are not finite are none of its numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def _fields_of(record: logging.LogRecord) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = getattr(record, FIELDS, {})
    return fields


def _quoted(text: str) -> str:
    needs_quotes = not text or not text.isprintable() or any(sign in text for sign in ' "=')
    return json.dumps(text, ensure_ascii=not text.isprintable()).replace("\x7f", "\\u007f") if needs_quotes else text


def _number(level: LogLevel) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logging.getLogger("shared.uncaught").critical("uncaught", exc_info=(kind, error, trace), extra={FIELDS: {}})


def _log_uncaught_in_thread(failure: threading.ExceptHookArgs) -> None:
    error = failure.exc_value or failure.exc_type()
    name = failure.thread.name if failure.thread else ""
    details = (failure.exc_type, error, failure.exc_traceback)
    logging.getLogger("shared.uncaught").critical("uncaught", exc_info=details, extra={FIELDS: {"thread": name}})
