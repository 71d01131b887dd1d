"""Which server the options of a command line mean."""

from __future__ import annotations

from contextvars import ContextVar

server_before_command: ContextVar[str | None] = ContextVar("server_before_command", default=None)
"""What `--server` said in front of the command; the same option behind it wins."""
