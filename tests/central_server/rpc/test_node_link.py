"""A job's whole way over the real NodeLink, with a node that does what the test tells it to."""

import asyncio
import contextlib
import itertools
from pathlib import Path

import grpc
import httpx
import pytest

from central_server.requests import planning
from central_server.rpc import node_session
from central_server.storage.store import SqlStore
from shared.errors import StoreUnavailable
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.model_definition.graph import LayerSummary
from shared.node_messages import (
    AttemptEnded,
    AttemptReport,
    Goodbye,
    Heartbeat,
    HeartbeatAck,
    HeldAttempt,
    HeldState,
    NodeChanged,
    OfferAttempt,
    Outcome,
    PlanAnswer,
    PlanRequest,
    ResultFile,
    StopAttempt,
    StopMode,
    Verdict,
)
from shared.pb import artifact_pb2, common_pb2, job_pb2, job_pb2_grpc, link_pb2
from tests.builders import a_description, a_hello
from tests.central_server.fake_node import FakeNode, a_batch, a_connected_node, open_stream, send_telemetry
from tests.central_server.running_server import (
    Server,
    a_config,
    running_server,
    status_of,
    submit,
    until_state,
    violated_fields,
)


async def test_a_job_goes_all_the_way_to_its_result(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        assert offer.key == AttemptKey(job_id, 1)
        await node.start(offer)
        await until_state(server, job_id, "running")
        await node.succeed(offer.key, final_metrics={"accuracy": 0.97}, step=10, epoch=1, steps_total=10)
    result = await server.jobs.GetJobResult(job_pb2.GetJobResultRequest(job_id=job_id))
    assert result.status == common_pb2.STATUS_COMPLETED
    assert dict(result.final_metrics) == {"accuracy": 0.97}
    assert result.model_weights_uri == f"artifact://sha256:{result.model_weights_hash}"
    assert (await status_of(server, job_id)).progress == 1.0
    download = server.artifacts.Download(artifact_pb2.DownloadRequest(sha256=result.model_weights_hash))
    assert b"".join([chunk.data async for chunk in download]) == b"weights"


async def test_a_cancel_reaches_the_node_and_its_answer_ends_the_job(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await server.jobs.CancelJob(job_pb2.CancelJobRequest(job_id=job_id))
        stop = await node.expect(StopAttempt)
        assert (stop.key, stop.mode) == (offer.key, StopMode.CANCEL)
        await node.say(AttemptEnded(offer.key, Outcome.CANCELLED))
        await until_state(server, job_id, "cancelled")


async def test_a_failed_job_says_why(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.say(AttemptEnded(offer.key, Outcome.FAILED, error_code="bad_data", message="labels out of range"))
        job = await until_state(server, job_id, "failed")
    assert job.status.status == common_pb2.STATUS_FAILED
    assert (job.status.error.reason, job.status.error.message) == ("bad_data", "labels out of range")
    assert not job.HasField("result")


async def test_old_clients_stream_updates_to_the_end(server: Server) -> None:
    job_id = await submit(server)
    updates: list[job_pb2.JobUpdateStream] = []

    async def follow() -> None:
        updates.extend(
            [update async for update in server.jobs.StreamJobUpdates(job_pb2.GetJobStatusRequest(job_id=job_id))]
        )

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(follow())
        async with a_connected_node(server) as node:
            offer = await node.expect(OfferAttempt)
            await node.start(offer)
            await send_telemetry(server, [a_batch(node, offer.key, live_step=3)])
            await node.succeed(offer.key)
    assert updates[-1].status.status == common_pb2.STATUS_COMPLETED
    assert all(before != after for before, after in itertools.pairwise(updates))
    assert any(update.live_metrics.get("loss") == 0.5 for update in updates)


async def test_a_watch_goes_on_from_a_sequence(server: Server) -> None:
    job_id = await submit(server)
    first = await anext(aiter(server.jobs.WatchJob(job_pb2.WatchJobRequest(job_id=job_id))))
    assert first.job.config.model_definition
    await server.jobs.CancelJob(job_pb2.CancelJobRequest(job_id=job_id))
    request = job_pb2.WatchJobRequest(job_id=job_id, after_sequence=first.sequence)
    rest = [update async for update in server.jobs.WatchJob(request)]
    assert [update.job.status.state for update in rest] == ["cancelled"]
    assert rest[0].sequence > first.sequence
    request.after_sequence = rest[0].sequence
    assert [update async for update in server.jobs.WatchJob(request)] == []


async def test_metrics_are_kept_and_repeated_rows_change_nothing(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        batches = [
            a_batch(node, offer.key, sequence=1, steps=[1, 2], lines=["loaded", "compiled"]),
            a_batch(node, offer.key, sequence=2, steps=[2, 3], lines=["loaded"]),
        ]
        assert await send_telemetry(server, batches) == [1, 2]
    rows = (await server.jobs.GetMetrics(job_pb2.GetMetricsRequest(job_id=job_id))).rows
    assert [row.step for row in rows] == [1, 2, 3]
    later = (await server.jobs.GetMetrics(job_pb2.GetMetricsRequest(job_id=job_id, after_step=2))).rows
    assert [row.step for row in later] == [3]
    lines = [line.text async for line in server.jobs.GetLogs(job_pb2.GetLogsRequest(job_id=job_id))]
    assert lines == ["loaded", "compiled"]


async def test_telemetry_of_an_attempt_that_is_not_current_is_dropped(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node, a_connected_node(server, "b") as other:
        offers = [await node.expect(OfferAttempt)]
        later = AttemptKey(job_id, 2)
        assert await send_telemetry(server, [a_batch(node, later, steps=[1], lines=["no"], live_step=5)]) == [1]
        assert await send_telemetry(server, [a_batch(other, offers[0].key, steps=[1], lines=["no"])]) == [1]
    assert not (await server.jobs.GetMetrics(job_pb2.GetMetricsRequest(job_id=job_id))).rows
    assert [line async for line in server.jobs.GetLogs(job_pb2.GetLogsRequest(job_id=job_id))] == []
    assert (await status_of(server, job_id)).step == 0


async def test_late_lines_of_an_older_attempt_are_kept_and_its_rows_are_not(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        first = await node.expect(OfferAttempt)
        await node.start(first)
        await node.say(AttemptEnded(first.key, Outcome.PREEMPTED))
        second = await node.expect(OfferAttempt)
        assert second.key.number == 2
        await send_telemetry(server, [a_batch(node, first.key, steps=[1], lines=["the last word"], live_step=9)])
    assert not (await server.jobs.GetMetrics(job_pb2.GetMetricsRequest(job_id=job_id))).rows
    assert [line.text async for line in server.jobs.GetLogs(job_pb2.GetLogsRequest(job_id=job_id))] == ["the last word"]
    assert (await status_of(server, job_id)).step == 0


async def test_a_telemetry_stream_needs_an_open_session(server: Server) -> None:
    batch = link_pb2.TelemetryBatch(node_id="a", session_id="made-up", sequence=1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await send_telemetry(server, [batch])
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_bytes_that_are_no_batch_end_the_telemetry_stream(server: Server) -> None:
    stream = open_stream(server, "Telemetry")
    await stream.write(b"\xff\xff\xff")
    with contextlib.suppress(grpc.aio.AioRpcError):
        await stream.read()
    assert await stream.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_followed_logs_end_with_the_job(server: Server) -> None:
    job_id = await submit(server)
    texts: list[str] = []

    async def follow() -> None:
        request = job_pb2.GetLogsRequest(job_id=job_id, follow=True)
        texts.extend([line.text async for line in server.jobs.GetLogs(request)])

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(follow())
        async with a_connected_node(server) as node:
            offer = await node.expect(OfferAttempt)
            await node.start(offer)
            await send_telemetry(server, [a_batch(node, offer.key, lines=["one", "two"])])
            await node.succeed(offer.key)
    assert texts == ["one", "two"]


async def test_heartbeats_are_acknowledged(server: Server) -> None:
    async with a_connected_node(server) as node:
        await node.say(Heartbeat(7, (), 1))
        assert (await node.expect(HeartbeatAck)).sequence == 7


async def test_a_node_plans_a_job(server: Server) -> None:
    async with a_connected_node(server) as node:
        asked = asyncio.get_running_loop().create_future()

        async def answer() -> None:
            request = await node.expect(PlanRequest)
            asked.set_result(request.spec)
            await node.say(PlanAnswer(request.request_id, memory_bytes=12345, flops_per_step=9.0))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(answer())
            plan = await server.jobs.PlanJob(job_pb2.PlanJobRequest(config=a_config()))
    assert (plan.memory_bytes, plan.flops_per_step, plan.memory_note) == (12345, 9.0, "")
    assert [(place.node_id, place.fits) for place in plan.nodes] == [("a", True)]


async def test_a_plan_waits_for_a_node_that_is_warming_up(server: Server) -> None:
    async with a_connected_node(server, is_ready=False) as node:
        planned = server.jobs.PlanJob(job_pb2.PlanJobRequest(config=a_config()))
        await asyncio.sleep(0.2)  # the question arrives, and waits
        await node.say(NodeChanged(a_description(is_ready=True)))
        await node.say(PlanAnswer((await node.expect(PlanRequest)).request_id, memory_bytes=12345))
        assert (await planned).memory_bytes == 12345


async def test_a_plan_waits_for_the_first_node_of_a_server_that_has_just_started(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "FIRST_NODE_SECONDS", 60.0)
    planned = server.jobs.PlanJob(job_pb2.PlanJobRequest(config=a_config()))
    await asyncio.sleep(0.2)  # the question arrives, and waits
    async with a_connected_node(server) as node:
        await node.say(PlanAnswer((await node.expect(PlanRequest)).request_id, memory_bytes=12345))
        assert (await planned).memory_bytes == 12345


async def test_a_plan_of_data_that_only_a_node_can_open_has_the_nodes_layers(server: Server) -> None:
    layers = (LayerSummary("input", "input", "input", (3,), 0), LayerSummary("0", "dense_1", "dense", (10,), 40))
    async with a_connected_node(server) as node:

        async def answer() -> None:
            request = await node.expect(PlanRequest)
            await node.say(PlanAnswer(request.request_id, memory_bytes=1, layers=layers))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(answer())
            config = a_config(dataset_uri="file://csv/train.csv")
            plan = await server.jobs.PlanJob(job_pb2.PlanJobRequest(config=config))
    assert [(layer.type, list(layer.output_shape)) for layer in plan.layers] == [("input", [3]), ("dense", [10])]
    assert plan.parameters == 40


async def test_a_plan_counts_the_memory_that_the_job_declares(server: Server) -> None:
    async with a_connected_node(server) as node:

        async def answer() -> None:
            await node.say(PlanAnswer((await node.expect(PlanRequest)).request_id, memory_bytes=1))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(answer())
            plan = await server.jobs.PlanJob(job_pb2.PlanJobRequest(config=a_config(estimated_memory=2**50)))
    assert [place.fits for place in plan.nodes] == [False]
    assert plan.nodes[0].reason.startswith("it needs")


async def test_a_plan_that_a_node_refuses_is_refused(server: Server) -> None:
    async with a_connected_node(server) as node:

        async def refuse() -> None:
            request_id = (await node.expect(PlanRequest)).request_id
            await node.say(PlanAnswer(request_id, error_code="bad_data", message="no such file", field="dataset"))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(refuse())
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await server.jobs.PlanJob(job_pb2.PlanJobRequest(config=a_config()))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violated_fields(refused.value) == ["dataset"]


async def test_a_result_whose_file_was_not_uploaded_ends_the_stream_and_not_the_job(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        missing = ResultFile("model.safetensors", "0" * 64, 1)
        await node.say(AttemptEnded(offer.key, Outcome.SUCCEEDED, files=(missing,)))
        code, sentence = await node.code_at_end()
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert "model.safetensors" in sentence
    assert (await status_of(server, job_id)).state == "running"


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xff\xff\xff",
        b"",
        link_pb2.NodeMessage(heartbeat=link_pb2.Heartbeat(sequence=1)).SerializeToString(),
        link_pb2.NodeMessage(hello=link_pb2.Hello(node_id="../x", protocol_version=1)).SerializeToString(),
    ],
    ids=["garbage", "empty", "heartbeat before hello", "bad node id"],
)
async def test_a_stream_that_breaks_the_protocol_is_closed_with_a_sentence(server: Server, raw: bytes) -> None:
    node = FakeNode(server, a_hello())
    await node.say_bytes(raw)
    code, sentence = await node.code_at_end()
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert sentence


async def test_garbage_after_hello_closes_that_stream_alone(server: Server) -> None:
    async with a_connected_node(server) as node, a_connected_node(server, "b") as other:
        await node.say_bytes(b"\xff\xff\xff")
        assert (await node.code_at_end())[0] is grpc.StatusCode.INVALID_ARGUMENT
        await other.say(Heartbeat(1, (), 1))
        assert (await other.expect(HeartbeatAck)).sequence == 1


async def test_a_stream_that_says_nothing_is_closed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_session, "HELLO_SECONDS", 0.05)
    node = FakeNode(server, a_hello())
    code, sentence = await node.code_at_end()
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "Hello" in sentence


async def test_a_second_stream_of_a_node_takes_the_place_of_the_first(server: Server) -> None:
    async with a_connected_node(server) as first, a_connected_node(server) as second:
        assert isinstance(await first.expect(Goodbye), Goodbye)
        await second.say(Heartbeat(1, (), 1))
        assert (await second.expect(HeartbeatAck)).sequence == 1


async def test_an_attempt_survives_a_cut_and_is_kept_on_reconnecting(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await until_state(server, job_id, "running")
        node.cut()
    back = FakeNode(server, a_hello(held=(HeldAttempt(offer.key, HeldState.RUNNING, 1 << 20),)))
    welcome = await back.connect()
    assert [(verdict.key, verdict.verdict) for verdict in welcome.verdicts] == [(offer.key, Verdict.KEEP)]
    await back.succeed(offer.key)
    assert (await status_of(server, job_id)).state == "succeeded"
    back.cut()


async def test_a_silent_nodes_attempt_is_lost_and_tried_again_elsewhere(tmp_path: Path) -> None:
    async with running_server(tmp_path, lease_seconds=1.0, heartbeat_seconds=0.1) as server:
        job_id = await submit(server)
        async with a_connected_node(server) as silent:
            first = await silent.expect(OfferAttempt)
            silent.cut()
        async with a_connected_node(server, "b") as other:
            second = await other.expect(OfferAttempt)
            assert (first.key.number, second.key.number) == (1, 2)
            await other.succeed(second.key)
        job = await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=job_id))
        assert [attempt.state for attempt in job.attempts] == ["lost", "succeeded"]


async def test_a_restarted_server_takes_the_running_attempt_back(tmp_path: Path) -> None:
    async with running_server(tmp_path) as first:
        waiting = await submit(first, required_device=common_pb2.DEVICE_CUDA)
        job_id = await submit(first)
        async with a_connected_node(first) as node:
            offer = await node.expect(OfferAttempt)
            await node.start(offer)
            await until_state(first, job_id, "running")
            await send_telemetry(first, [a_batch(node, offer.key, steps=[5])])
    async with running_server(tmp_path) as second:
        status = await status_of(second, job_id)
        assert (status.state, status.attempt, status.step) == ("running", 1, 5)
        back = FakeNode(second, a_hello(held=(HeldAttempt(offer.key, HeldState.RUNNING),)))
        assert (await back.connect()).verdicts[0].verdict is Verdict.KEEP
        await back.succeed(offer.key)
        assert (await status_of(second, job_id)).state == "succeeded"
        assert (await status_of(second, waiting)).state == "queued"
        back.cut()


async def test_a_failed_commit_costs_a_reconnect_and_nothing_else(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = await submit(server)
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await until_state(server, running, "running")
        with monkeypatch.context() as patched:
            patched.setattr(SqlStore, "commit", _full_disk)
            with pytest.raises(grpc.aio.AioRpcError) as unavailable:
                await submit(server, job_id="mine")
        assert unavailable.value.code() is grpc.StatusCode.UNAVAILABLE
        assert (await node.expect(Goodbye)).code == "restarting"
    async with a_connected_node(server, held=(HeldAttempt(offer.key, HeldState.RUNNING),)) as back:
        await back.succeed(offer.key)
    assert (await status_of(server, running)).state == "succeeded"
    assert await submit(server, job_id="mine") == "mine"


async def _full_disk(_self: SqlStore, _writes: object) -> frozenset[str]:
    raise StoreUnavailable("the disk is full")


async def test_a_stopping_server_says_goodbye(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server:
        node = FakeNode(server, a_hello())
        await node.connect()
        server.stop.set()
        assert (await node.expect(Goodbye)).code == "stopping"
        assert (await node.code_at_end())[0] is grpc.StatusCode.UNAVAILABLE


async def test_a_node_that_warms_up_gets_its_job_when_it_is_ready(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server, is_ready=False) as node:
        assert "warming up" in (await status_of(server, job_id)).waiting_reason
        await node.say(NodeChanged(a_description()))
        assert (await node.expect(OfferAttempt)).key.job_id == job_id


async def test_a_report_for_an_attempt_from_the_future_closes_the_stream(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        await node.expect(OfferAttempt)
        await node.say(AttemptReport(AttemptKey(job_id, 9), AttemptState.RUNNING))
        assert (await node.code_at_end())[0] is grpc.StatusCode.INVALID_ARGUMENT
    assert (await status_of(server, job_id)).attempt == 1


async def test_the_json_of_a_finished_job_has_every_key_of_show(server: Server) -> None:
    job_id = await submit(server, name="digits")
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await send_telemetry(server, [a_batch(node, offer.key, live_step=40)])
        await node.succeed(offer.key, final_metrics={"loss": float("nan"), "accuracy": 0.5}, step=100, epoch=2)
    async with httpx.AsyncClient(base_url=server.http, headers=server.headers) as http:
        shown = (await http.get(f"/api/v1/jobs/{job_id}")).json()
        listed = (await http.get("/api/v1/jobs")).json()
        nodes = (await http.get("/api/v1/nodes")).json()
    spec, files = shown.pop("spec"), shown["result"].pop("files")
    assert (spec["name"], [file["name"] for file in files]) == ("digits", ["model.safetensors"])
    assert listed == [shown]
    assert set(shown) == {
        *("job_id", "name", "state", "reason", "waiting_reason", "progress", "epoch", "epochs", "step", "steps_total"),
        *("attempt", "node_id", "priority", "labels", "submitted_at_ms", "started_at_ms", "first_step_at_ms"),
        *("ended_at_ms", "metrics", "attempts", "result", "error", "user_id"),
    }
    assert (shown["state"], shown["progress"], shown["error"]) == ("succeeded", 1.0, None)
    assert shown["metrics"]["loss"] is None
    assert shown["metrics"]["samples_processed"] == 32
    assert set(shown["result"]) == {"weights_uri", "weights_sha256", "size_bytes", "final_metrics", "compute_seconds"}
    assert shown["attempts"][0]["state"] == "succeeded"
    assert nodes[0]["node_id"] == "a"
    assert {"node_id", "name", "state", "devices", "attempts", "last_seen_ms"} <= set(nodes[0])


SMALL_WINDOW = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 16_384)]
"""What a transport holds for a reader that does not read is kilobytes with these, and megabytes without."""


async def test_a_watcher_that_does_not_read_finds_the_latest_and_no_backlog(server: Server) -> None:
    job_id, batches = await submit(server), 3_000
    async with (
        a_connected_node(server) as node,
        grpc.aio.insecure_channel(str(server.listening.grpc), options=SMALL_WINDOW) as channel,
    ):
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await until_state(server, job_id, "running")
        watch = job_pb2_grpc.JobServiceStub(channel).WatchJob(job_pb2.WatchJobRequest(job_id=job_id))
        await watch.read()
        await send_telemetry(
            server, [a_batch(node, offer.key, sequence=step, live_step=step) for step in range(1, batches + 1)]
        )
        # What the transport holds is all that is behind; then comes the newest.
        steps = [-1]
        async with asyncio.timeout(10):
            while steps[-1] < batches:
                update = await watch.read()
                assert isinstance(update, job_pb2.JobUpdate)
                steps.append(update.job.status.step)
        watch.cancel()
    assert steps == sorted(steps)
    assert len(steps) < batches * 2 / 3
