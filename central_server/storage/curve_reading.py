"""Reads a job's history as columns, for drawing. A history of 100,000 rows is parsed in pieces, each a moment long.

It runs in a reader's thread; what holds the interpreter's lock for long would hold up the event loop too.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, select

from central_server.curves import Curve, CurveRequest, curve_of
from central_server.storage import tables

_ROWS_AT_ONCE = 500


def curve(connection: Connection, job_id: str, request: CurveRequest) -> Curve:
    """Return what is asked for of a job's history."""
    rows = tables.metric_rows.c
    found = connection.execute(
        select(rows.step, rows.metrics)
        .where(rows.job_id == job_id, rows.step >= request.from_step, rows.step <= request.to_step)
        .order_by(rows.step)
    )
    steps: list[int] = []
    columns: dict[str, list[float | None]] = {}
    for piece in found.partitions(_ROWS_AT_ONCE):
        _add(columns, len(steps), [text for _, text in piece])
        steps += [step for step, _ in piece]
    return curve_of(steps, columns, request)


def _add(columns: dict[str, list[float | None]], before: int, texts: list[str]) -> None:
    """Add rows to the columns; one text of all of them is read many times faster than each by itself."""
    parsed = json.loads(f"[{','.join(texts)}]")
    names = set().union(*parsed)
    for name in names - columns.keys():
        columns[name] = [None] * before
    for name, column in columns.items():
        column.extend([row.get(name) for row in parsed] if name in names else [None] * len(parsed))
