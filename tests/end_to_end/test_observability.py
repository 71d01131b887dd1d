"""A real cluster with everything that watches it: a trace from the user's span to the node's chunks, logs, curves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import cyxwiz
from tests.end_to_end.cluster_process import ClusterProcess, eventually
from tests.end_to_end.jobs import a_short_job
from tests.end_to_end.otlp_collector import Collector, SeenSpan, a_collector

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

USERS_TRACE, USERS_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

PARENTS = {
    "job.accept": "",
    "job.commit": "job.accept",
    "job": "job.accept",
    "job.wait": "job",
    "job.place": "job",
    "job.attempt": "job",
    "job.offer": "job.attempt",
    "node.bring_data": "job.attempt",
    "node.run": "job.attempt",
    "node.prepare": "node.run",
    "node.chunks": "node.run",
    "node.write_result": "node.run",
    "node.upload_result": "job.attempt",
    "job.result_commit": "job.attempt",
}
"""Each span of a job that succeeds at once, and the one above it."""


@dataclass
class Watched:
    """A cluster that has run one job and was stopped, and what it left."""

    job_id: str
    collector: Collector
    state_dir: Path
    boards: Path

    def lines(self, name: str) -> list[dict[str, object]]:
        text = (self.state_dir / "logs" / f"{name}.log").read_text()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    state_dir = tmp_path_factory.mktemp("watched") / "state"
    boards = state_dir.with_name("boards")
    os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "200"
    with a_collector() as collector:
        flags = ["--otlp-endpoint", collector.url, "--tensorboard-dir", str(boards), "--log-json"]
        with ClusterProcess(state_dir, *flags) as cluster:
            job_id = _submit_below_a_span_of_the_users(cluster)
            eventually(lambda: cluster.answer("show", job_id)["state"] == "succeeded")
            eventually((boards / f"watched-{job_id}" / "cyxwiz.json").exists)
        yield Watched(job_id, collector, state_dir, boards)
    del os.environ["OTEL_BSP_SCHEDULE_DELAY"]


def _submit_below_a_span_of_the_users(cluster: ClusterProcess) -> str:
    from opentelemetry import trace
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

    context = SpanContext(int(USERS_TRACE, 16), int(USERS_SPAN, 16), is_remote=False, trace_flags=TraceFlags(1))
    with cyxwiz.Client(cluster.grpc) as client, trace.use_span(NonRecordingSpan(context)):
        return client.submit(a_short_job(name="watched")).id


def test_one_connected_trace_follows_the_job_from_the_users_span_to_the_nodes_chunks(watched: Watched) -> None:
    spans = watched.collector.spans
    assert {span.trace_id for span in spans} == {USERS_TRACE}
    names = {span.span_id: span.name for span in spans}
    assert len(names) == len(spans), "no id stands for two spans"
    assert watched.collector.one("job.accept").parent_id == USERS_SPAN
    found = {span.name: names.get(span.parent_id, "") for span in spans}
    assert {name: above for name, above in found.items() if not name.endswith("checkpoint")} == PARENTS
    services = {span.name.partition(".")[0]: span.service for span in spans}
    assert services == {"job": "cyxwiz-central-server", "node": "cyxwiz-node"}


def test_the_spans_say_what_they_are_about(watched: Watched) -> None:
    one = watched.collector.one
    assert one("job").attributes["state"] == "succeeded"
    assert one("job").attributes["job_id"] == watched.job_id
    attempt = one("job.attempt")
    assert (attempt.attributes["attempt"], attempt.attributes["state"]) == (1, "succeeded")
    assert one("node.run").attributes["job_id"] == watched.job_id
    assert [span.name for span in watched.collector.spans if span.error] == []


def test_time_goes_forward_along_the_way(watched: Watched) -> None:
    one = watched.collector.one
    way = [one(name) for name in ("job.accept", "job.place", "node.prepare", "node.write_result", "job.result_commit")]
    assert [span.name for span in sorted(way, key=_start)] == [span.name for span in way]
    assert all(span.start_ns <= span.end_ns for span in watched.collector.spans)
    run, chunks = one("node.run"), sorted(watched.collector.of("node.chunks"), key=_start)
    assert run.start_ns <= chunks[0].start_ns
    assert chunks[-1].end_ns <= run.end_ns
    assert chunks[0].attributes["chunks"] == 1, "the first chunk is told alone"
    assert len(chunks) < 20, "and chunks make no flood"


def test_both_logs_are_json_with_the_same_keys(watched: Watched) -> None:
    server, node = watched.lines("server"), watched.lines("node-1")
    for line in server + node:
        assert list(line)[:4] == ["at_ms", "level", "logger", "event"]
    of_attempt = [
        next(line for line in lines if line["event"] == event)
        for lines, event in ((server, "attempt_succeeded"), (node, "attempt_ended"))
    ]
    assert [(line["job_id"], line["attempt"]) for line in of_attempt] == [(watched.job_id, 1)] * 2
    assert of_attempt[0]["node_id"] == of_attempt[1]["node_id"]


def test_tensorboard_shows_the_jobs_curve(watched: Watched) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    reader = EventAccumulator(str(watched.boards / f"watched-{watched.job_id}"))
    reader.Reload()
    assert len(reader.Scalars("loss")) >= 1


def _start(span: SeenSpan) -> int:
    return span.start_ns
