"""The SDK says whose trace a call belongs to, when the program around it traces at all."""

from __future__ import annotations

import subprocess
import sys

from cyxwiz.aio.trace_metadata import trace_metadata


def test_a_program_that_does_not_trace_sends_nothing_and_loads_nothing() -> None:
    program = (
        "import sys; from cyxwiz.aio.trace_metadata import trace_metadata; "
        "print(trace_metadata(), 'opentelemetry' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "() False"


def test_the_span_that_is_current_is_sent() -> None:
    from opentelemetry import trace
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

    assert trace_metadata() == ()
    context = SpanContext(0xAB, 0xCD, is_remote=False, trace_flags=TraceFlags(1))
    with trace.use_span(NonRecordingSpan(context)):
        assert trace_metadata() == (("traceparent", f"00-{'ab':0>32}-{'cd':0>16}-01"),)
