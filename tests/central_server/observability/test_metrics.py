"""What `/metrics` tells after known things have happened to a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from central_server.observability.catalogue import METRICS, Kind
from central_server.observability.reference import reference_page
from shared.identifiers import AttemptKey
from shared.node_messages import AttemptEnded, OfferAttempt, Outcome, StopAttempt
from shared.pb import link_pb2
from tests.central_server.fake_node import PATIENCE_SECONDS, FakeNode, a_batch, a_connected_node, send_telemetry
from tests.central_server.running_server import Server, running_server, submit

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"

Samples = dict[tuple[str, tuple[str, ...]], float]


async def scraped(http: httpx.AsyncClient) -> Samples:
    """Return every sample by its name and its labels' values in the order of the labels' names."""
    answer = await http.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def samples(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Samples]:
    """What is scraped of a server where one job succeeded, one was cancelled as it ran, one waits and one runs."""
    async with (
        running_server(tmp_path_factory.mktemp("state")) as server,
        httpx.AsyncClient(base_url=server.http, headers=server.headers) as http,
        a_connected_node(server, slots=1) as node,
    ):
        await _two_ends(server, node)
        running = await node.expect(OfferAttempt)
        await node.start(running)
        batch = a_batch(node, running.key, live_step=3)
        batch.live[0].metrics["samples_per_second"] = 123.0
        batch.device_uses.append(link_pb2.DeviceUse(device_id="cpu:0", memory_used_bytes=5, utilisation=0.5))
        batch.rows.extend(a_batch(node, AttemptKey(running.key.job_id, 9), steps=[1, 2]).rows)
        batch.dropped = 4
        await send_telemetry(server, [batch])
        await http.get("/api/v1/jobs/nobody")
        yield await _scraped_when_all_run(http)


async def _scraped_when_all_run(http: httpx.AsyncClient) -> Samples:
    """Scrape once the word that the last job runs, which nobody answers, has come through the control loop."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (seen := await scraped(http))["cyxwiz_time_to_first_step_seconds_count", ()] < 3:  # noqa: ASYNC110 - a server's own state, asked from outside
            await asyncio.sleep(0.02)
    return seen


async def _two_ends(server: Server, node: FakeNode) -> None:
    for job_id in ("done", "cancelled", "runs", "waits"):
        await submit(server, job_id=job_id)
    offer = await node.expect(OfferAttempt)
    await node.start(offer)
    await node.succeed(offer.key)
    offer = await node.expect(OfferAttempt)
    await node.start(offer)
    async with httpx.AsyncClient(base_url=server.http, headers=server.headers) as http:
        await http.post("/api/v1/jobs/cancelled/cancel")
    await node.expect(StopAttempt)
    await node.say(AttemptEnded(offer.key, Outcome.CANCELLED))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("cyxwiz_jobs", ("queued",), 1),
        ("cyxwiz_jobs", ("running",), 1),
        ("cyxwiz_jobs_submitted_total", (), 4),
        ("cyxwiz_jobs_ended_total", ("succeeded",), 1),
        ("cyxwiz_jobs_ended_total", ("cancelled",), 1),
        ("cyxwiz_attempts_ended_total", ("cancelled",), 1),
        ("cyxwiz_queue_wait_seconds_count", (), 3),
        ("cyxwiz_time_to_first_step_seconds_count", (), 3),
        ("cyxwiz_cancel_latency_seconds_count", (), 1),
        ("cyxwiz_samples_per_second", (), 123),
        ("cyxwiz_telemetry_dropped_total", ("fenced",), 2),
        ("cyxwiz_telemetry_dropped_total", ("overflow",), 4),
        ("cyxwiz_streams", ("node",), 1),
        ("cyxwiz_nodes", ("ready",), 1),
        ("cyxwiz_device_memory_promised_bytes", ("cpu:0", "a", "a"), 1 << 20),
        ("cyxwiz_device_memory_used_bytes", ("cpu:0", "a", "a"), 5),
        ("cyxwiz_device_utilisation", ("cpu:0", "a", "a"), 0.5),
        ("cyxwiz_grpc_requests_total", ("OK", "SubmitJob"), 4),
        ("cyxwiz_http_requests_total", ("GET", "/api/v1/jobs/{job_id}", "404"), 1),
    ],
)
async def test_a_metric_tells_what_happened(samples: Samples, name: str, labels: tuple[str, ...], value: float) -> None:
    assert samples.get((name, labels)) == value, {key: at for key, at in samples.items() if key[0] == name}


@pytest.mark.asyncio(loop_scope="module")
async def test_every_metric_of_the_catalogue_is_there(samples: Samples) -> None:
    names = {name for name, _ in samples}
    for metric in METRICS:
        assert (f"{metric.name}_count" if metric.kind is Kind.HISTOGRAM else metric.name) in names
    assert samples["cyxwiz_commit_latency_seconds_count", ()] > 4


def test_the_reference_page_is_what_the_code_gives() -> None:
    command = "python -m central_server.observability.reference > docs/reference/metrics.md"
    assert PAGE.read_text() == reference_page(), f"run: {command}"


def test_every_metric_has_a_help_line_and_a_name_of_ours() -> None:
    for metric in METRICS:
        assert metric.name.startswith("cyxwiz_")
        assert metric.help.endswith(".")
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
