"""What a call says of the caller's own trace: nothing, unless the program that uses the SDK traces itself."""

from __future__ import annotations

import sys


def trace_metadata() -> tuple[tuple[str, str], ...]:
    """Return the metadata that lets a job's trace go on from the span that is current here.

    OpenTelemetry is never imported: where nobody has loaded it there is no span.
    """
    if "opentelemetry.trace" not in sys.modules:
        return ()
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 - see above

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return tuple((name, value) for name, value in carrier.items() if name == "traceparent")
