"""The central server's own log; how a line is written is `shared.log_lines`, which the nodes use too."""

from __future__ import annotations

from shared.log_lines import JsonLines, PlainLines, configure_logging, log_context, log_event

__all__ = ["JsonLines", "PlainLines", "configure_logging", "log_context", "log_event"]
