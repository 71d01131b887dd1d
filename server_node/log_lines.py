"""The process's own log on standard error: one line an event, for people or, one JSON object a line, for machines."""

from __future__ import annotations

import json
import logging
import sys

FIELDS = "cyxwiz_fields"
"""Where a record keeps its fields, when they are not part of its text."""


def configure_logging(*, level: str, as_json: bool) -> None:
    """Send every log line of this process to standard error in one form."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("server_node").setLevel(level.upper())


class PlainLines(logging.Formatter):
    """`2026-01-31 12:00:00,000 INFO welcomed session=… held=0`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the trace below it where there is one."""
        fields = "".join(f" {name}={value}" for name, value in getattr(record, FIELDS, {}).items())
        line = f"{self.formatTime(record)} {record.levelname} {record.getMessage()}{fields}"
        return line if not record.exc_info else f"{line}\n{self.formatException(record.exc_info)}"


class JsonLines(logging.Formatter):
    """`at_ms`, `level`, `logger`, `event`, the fields, and `trace` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "at_ms": round(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
