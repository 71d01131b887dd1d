"""Spans on their way to an OpenTelemetry collector, by OTLP over HTTP. Loads opentelemetry only when it is asked for.

A collector that is away costs nothing but its spans: what does not fit the queue is dropped.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.errors import NotSupported
from shared.tracing import Span, SpanKind, SpanSink, TraceContext

if TYPE_CHECKING:
    from opentelemetry.trace import SpanContext

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_OURS = "http/protobuf"
_TRACES_PATH = "/v1/traces"
_FLUSH_SECONDS = 2.0


def check_endpoint(url: str) -> str:
    """Return an endpoint that may be one; empty for none.

    Raises:
        ValueError: it is none.
    """
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError(f"must be a URL such as http://127.0.0.1:4318, got {url!r}")
    return url


def open_spans(
    endpoint: str, *, service: str, instance: str, version: str, environment: Mapping[str, str] = os.environ
) -> OtlpSpans | None:
    """Return where spans go, None when nobody asked for them: by a setting, or by OpenTelemetry's own variables.

    Args:
        endpoint: of the collector; empty leaves it to the environment.
        service: what is traced, and `instance`: which one of them.
        instance: see there.
        version: of our software.
        environment: OpenTelemetry's variables.

    Raises:
        NotSupported: the library is not installed, or the environment asks for another protocol.
    """
    is_off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    is_off = is_off or environment.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp"
    if is_off or not (endpoint or any(environment.get(name) for name in _ENDPOINTS)):
        return None
    for name in _PROTOCOLS:
        if environment.get(name, _OURS) != _OURS:
            raise NotSupported(f"{name} must be {_OURS}, the protocol that we speak, got {environment[name]!r}")
    if importlib.util.find_spec("opentelemetry") is None or importlib.util.find_spec("opentelemetry.sdk") is None:
        raise NotSupported(
            "otlp_endpoint needs the library opentelemetry-sdk, which is not installed: pip install 'cyxwiz[tracing]', "
            "or start without it",
            field="otlp_endpoint",
        )
    return OtlpSpans(endpoint, service=service, instance=instance, version=version)


class OtlpSpans(SpanSink):
    """A `SpanSink` whose spans leave in batches from a thread of its own; `close` sends what is left."""

    def __init__(self, endpoint: str, *, service: str, instance: str, version: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - when asked
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - the same

        said = {"service.instance.id": instance, "service.version": version}
        if "OTEL_SERVICE_NAME" not in os.environ:
            said["service.name"] = service
        self._resource = Resource.create(said)
        # Only for what OTEL_TRACES_SAMPLER says; our spans are made after the fact.
        self._sampler = TracerProvider(resource=self._resource, shutdown_on_exit=False).sampler
        self._batches = BatchSpanProcessor(OTLPSpanExporter(endpoint=_traces_url(endpoint) if endpoint else None))

    def samples(self, parent: TraceContext | None, context: TraceContext) -> bool:
        """Decide as OpenTelemetry's sampler does; without its variables, as the parent says, else yes."""
        from opentelemetry import trace  # noqa: PLC0415 - loaded already
        from opentelemetry.sdk.trace.sampling import Decision  # noqa: PLC0415 - the same

        above = parent and trace.set_span_in_context(trace.NonRecordingSpan(_span_context(parent, is_remote=True)))
        decision = self._sampler.should_sample(above or None, int(context.trace_id, 16), "job.accept").decision
        return decision is Decision.RECORD_AND_SAMPLE

    def add(self, span: Span) -> None:
        """Take a span that has ended."""
        from opentelemetry import trace  # noqa: PLC0415 - loaded already
        from opentelemetry.sdk.trace import ReadableSpan  # noqa: PLC0415 - the same
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope  # noqa: PLC0415 - the same

        if not span.context.is_sampled:
            return
        above = TraceContext(span.context.trace_id, span.parent_id)
        kind = trace.SpanKind.SERVER if span.kind is SpanKind.SERVER else trace.SpanKind.INTERNAL
        status = trace.Status(trace.StatusCode.ERROR, span.error) if span.error else trace.Status()
        made = ReadableSpan(
            name=span.name,
            context=_span_context(span.context),
            parent=_span_context(above, is_remote=span.is_parent_remote) if span.parent_id else None,
            resource=self._resource,
            attributes=dict(span.attributes),
            kind=kind,
            status=status,
            start_time=round(span.start_ms * 1_000_000),
            end_time=round(max(span.start_ms, span.end_ms) * 1_000_000),
            instrumentation_scope=InstrumentationScope("cyxwiz"),
        )
        self._batches.on_end(made)

    def close(self) -> None:
        """Send what is left, for a moment, and end the thread."""
        self._batches.force_flush(round(_FLUSH_SECONDS * 1000))
        self._batches.shutdown()  # type: ignore[no-untyped-call]  # the library has not typed this one


def _span_context(context: TraceContext, *, is_remote: bool = False) -> SpanContext:
    from opentelemetry.trace import SpanContext, TraceFlags  # noqa: PLC0415 - loaded already

    flags = TraceFlags(TraceFlags.SAMPLED if context.is_sampled else TraceFlags.DEFAULT)
    return SpanContext(int(context.trace_id, 16), int(context.span_id, 16), is_remote, flags)


def _traces_url(endpoint: str) -> str:
    """As OpenTelemetry reads its own variable: what names no path of its own gets the standard one."""
    return endpoint if endpoint.rstrip("/").endswith(_TRACES_PATH) else endpoint.rstrip("/") + _TRACES_PATH
