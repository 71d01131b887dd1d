"""One line an event: a constant name, then fields; as `name key=value` for people or as JSON for machines."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

_FIELDS = "cyxwiz_fields"


def log_event(logger: logging.Logger, event: str, *, is_warning: bool = False, **fields: Any) -> None:
    """Log `event` with its fields; the name is constant, what varies is in the fields."""
    logger.log(logging.WARNING if is_warning else logging.INFO, event, extra={_FIELDS: fields})


def configure_logging(*, as_json: bool) -> None:
    """Send every log line of this process to standard error in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("alembic", "uvicorn", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class PlainLines(logging.Formatter):
    """`2026-01-31 12:00:00,000 INFO job_accepted job=… user=…`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the trace below it where there is one."""
        fields = "".join(f" {name}={_quoted(value)}" for name, value in _fields_of(record).items())
        line = f"{self.formatTime(record)} {record.levelname} {record.getMessage()}{fields}"
        return line if not record.exc_info else f"{line}\n{self.formatException(record.exc_info)}"


class JsonLines(logging.Formatter):
    """One JSON object a line: `at_ms`, `level`, `event`, the fields, and `trace` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "at_ms": round(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        } | _fields_of(record)
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _fields_of(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, _FIELDS, {})
    return fields


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text) if not text or any(sign in text for sign in ' "=\n') else text
