"""Writes the reference of metrics, `docs/reference/metrics.md`, from the catalogue.

`python -m central_server.observability.reference > docs/reference/metrics.md`. A test holds the file against this.
"""

from __future__ import annotations

import sys

from central_server.observability.catalogue import METRICS, Metric

_HEAD = """# Metrics

`GET /metrics` on the central server's HTTP port answers in Prometheus's text format. This page is made from the code by
`python -m central_server.observability.reference`; do not edit.

Counters and histograms count since the server started. Gauges are read when they are asked for, and those of devices
tell what the node measured last, a few seconds ago. A second server that stands by answers too, without jobs and nodes.
`process_cpu_seconds_total`, `process_resident_memory_bytes` and their kin tell of the server's own process.

| metric | kind | labels | what it tells |
|---|---|---|---|
"""


def reference_page() -> str:
    """Return the page."""
    return _HEAD + "".join(map(_row, METRICS))


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |\n"


if __name__ == "__main__":
    sys.stdout.write(reference_page())
