"""Trace contexts: what a header says, and ids that two processes agree on."""

from __future__ import annotations

import pytest

from shared.errors import NotSupported
from shared.otlp_spans import OtlpSpans, check_endpoint, open_spans
from shared.tracing import TraceContext, attempt_context, job_context

A_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def open_with(endpoint: str = "", **environment: str) -> OtlpSpans | None:
    return open_spans(endpoint, service="s", instance="i", version="1", environment=environment)


def test_a_header_comes_back_as_it_was() -> None:
    context = TraceContext.parse(A_TRACE)
    assert context == TraceContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert str(context) == A_TRACE
    assert str(TraceContext.parse(A_TRACE[:-2] + "00")) == A_TRACE[:-2] + "00"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        A_TRACE.upper(),
        A_TRACE[:-1],
        "ff" + A_TRACE[2:],
        "00-" + "0" * 32 + A_TRACE[35:],
        A_TRACE[:36] + "0" * 16 + "-01",
        A_TRACE + "-" + "x" * 10_000,
    ],
)
def test_a_header_that_is_none_is_passed_over(header: str) -> None:
    assert TraceContext.parse(header) is None


def test_server_and_node_agree_on_an_attempts_span() -> None:
    first = attempt_context(A_TRACE, "job", 1)
    assert first == attempt_context(A_TRACE, "job", 1)
    assert first is not None
    others = {job_context(A_TRACE, "job"), attempt_context(A_TRACE, "job", 2), attempt_context(A_TRACE, "other", 1)}
    assert first not in others
    assert len(others) == 3
    assert first.trace_id == "0af7651916cd43dd8448eb211c80319c"


def test_a_trace_that_is_not_sampled_is_not_followed() -> None:
    assert job_context(A_TRACE[:-2] + "00", "job") is None
    assert attempt_context("", "job", 1) is None


def test_nothing_is_traced_unless_somebody_asks() -> None:
    assert open_with() is None
    assert open_with("http://127.0.0.1:4318", OTEL_SDK_DISABLED="true") is None
    assert open_with("http://127.0.0.1:4318", OTEL_TRACES_EXPORTER="none") is None


def test_opentelemetrys_own_variable_is_enough() -> None:
    spans = open_with(OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318")
    assert spans is not None
    spans.close()


def test_a_protocol_that_we_do_not_speak_is_refused() -> None:
    with pytest.raises(NotSupported, match="must be http/protobuf"):
        open_with("http://127.0.0.1:4317", OTEL_EXPORTER_OTLP_PROTOCOL="grpc")


def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(NotSupported, match=r"pip install 'cyxwiz\[tracing\]'"):
        open_with("http://127.0.0.1:4318")


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "file:///etc/passwd", "http://"])
def test_an_endpoint_must_be_a_url(url: str) -> None:
    with pytest.raises(ValueError, match="must be a URL such as"):
        check_endpoint(url)


def test_the_sampler_that_the_environment_names_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("opentelemetry.sdk")
    parent, context = TraceContext.parse(A_TRACE), TraceContext.begin()
    unsampled = TraceContext.parse(A_TRACE[:-2] + "00")
    for sampler, expected in (("parentbased_always_on", [True, True, False]), ("always_off", [False, False, False])):
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
        spans = open_with("http://127.0.0.1:4318")
        assert spans is not None
        assert [spans.samples(above, context) for above in (None, parent, unsampled)] == expected
        spans.close()
