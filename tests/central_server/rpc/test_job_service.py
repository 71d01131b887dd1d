"""What people ask of jobs over gRPC, on a real server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import grpc
import pytest

from central_server.rpc import job_reading
from shared.node_messages import AttemptEnded, OfferAttempt, Outcome, StopAttempt, StopMode
from shared.pb import common_pb2, job_pb2
from tests.central_server.fake_node import a_connected_node
from tests.central_server.running_server import (
    A_MODEL_DEFINITION,
    Server,
    a_config,
    call_with_bytes,
    reason_of,
    running_server,
    status_of,
    stream_with_bytes,
    submit,
    until_state,
    violated_fields,
)


async def test_a_submitted_job_is_pending_and_says_why(server: Server) -> None:
    job_id = await submit(server, name="digits")
    status = await status_of(server, job_id)
    assert status.status == common_pb2.STATUS_PENDING
    assert (status.state, status.name, status.user_id) == ("queued", "digits", "local")
    assert status.waiting_reason == "no node is connected"


async def test_the_same_id_with_the_same_content_answers_as_the_first_time_did(server: Server) -> None:
    assert await submit(server, job_id="mine") == "mine"
    assert await submit(server, job_id="mine") == "mine"
    assert (await server.jobs.ListJobs(job_pb2.ListJobsRequest())).total_count == 1


async def test_the_same_id_with_other_content_already_exists(server: Server) -> None:
    await submit(server, job_id="mine")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await submit(server, job_id="mine", epochs=2)
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert violated_fields(refused.value) == ["job_id"]


async def test_ids_of_ended_jobs_stay_taken_over_a_restart(tmp_path: Path) -> None:
    async with running_server(tmp_path) as first:
        await submit(first, job_id="mine")
        await first.jobs.CancelJob(job_pb2.CancelJobRequest(job_id="mine"))
    async with running_server(tmp_path) as second:
        assert await submit(second, job_id="mine") == "mine"
        assert (await status_of(second, "mine")).state == "cancelled"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await submit(second, job_id="mine", epochs=2)
        assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS


BAD_CONFIGS: list[tuple[dict[str, Any], str]] = [
    ({"model_definition": ""}, "model_definition"),
    ({"model_definition": "{"}, "model_definition"),
    ({"model_definition": "[" * 100_000}, "model_definition"),
    ({"model_definition": '{"layers": [{"type": "tachyon"}]}'}, "model_definition"),
    ({"model_definition": '{"layers": [{"type": "dense", "units": -1}]}'}, "model_definition"),
    ({"model_definition": '{"layers": [{"type": "dense", "units": 3}]}'}, "model_definition"),
    (
        {"model_definition": '{"layers": [{"type": "conv2d", "kernel_size": 99, "padding": "valid"}]}'},
        "model_definition",
    ),
    ({"model_definition": '{"layers": [{"type": "\\ud800"}]}'}, "model_definition"),
    ({"dataset_uri": ""}, "dataset_uri"),
    ({"dataset_uri": "mock://digits"}, "dataset_uri"),
    ({"dataset_uri": "what is this"}, "dataset_uri"),
    ({"dataset_uri": f"artifact://sha256:{'0' * 64}"}, "dataset_uri"),
    ({"batch_size": 0}, "batch_size"),
    ({"batch_size": -3}, "batch_size"),
    ({"batch_size": 100_000}, "batch_size"),
    ({"epochs": 0}, "epochs"),
    ({"epochs": -1}, "epochs"),
    ({"hyperparameters": {"learning_rat": "0.1"}}, "hyperparameters.learning_rat"),
    ({"hyperparameters": {"learning_rate": "fast"}}, "hyperparameters.learning_rate"),
    ({"hyperparameters": {"learning_rate": "nan"}}, "hyperparameters.learning_rate"),
    ({"hyperparameters": {"learning_rate": "-0.1"}}, "hyperparameters.learning_rate"),
    ({"priority": 17}, "priority"),
    ({"required_device": 17}, "required_device"),
    ({"devices": 2}, "devices"),
    ({"estimated_memory": -1}, "estimated_memory"),
    ({"job_type": 99}, "job_type"),
    ({"job_id": "../../etc/passwd"}, "job_id"),
    ({"job_id": "x" * 129}, "job_id"),
    ({"timeout_seconds": -1}, "timeout_seconds"),
    ({"name": "a\x00b"}, "name"),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("fields", "field"), BAD_CONFIGS, ids=lambda value: str(value)[:60])
async def test_a_bad_field_is_an_invalid_argument_that_names_it(
    shared_server: Server, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await submit(shared_server, **fields)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT, refused.value.details()
    assert violated_fields(refused.value) == [field]
    assert reason_of(refused.value) == "invalid_argument"
    assert refused.value.details()


async def test_preprocessing_is_unimplemented(server: Server) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await submit(server, job_type=job_pb2.JOB_TYPE_PREPROCESSING)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_missing_config_is_an_invalid_argument(server: Server) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.jobs.SubmitJob(job_pb2.SubmitJobRequest())
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violated_fields(refused.value) == ["config"]


METHODS = [
    "JobService/SubmitJob",
    "JobService/GetJobStatus",
    "JobService/CancelJob",
    "JobService/ListJobs",
    "JobService/DeleteJob",
    "JobService/GetJob",
    "JobService/GetJobResult",
    "JobService/GetMetrics",
    "JobService/PauseJob",
    "JobService/ResumeJob",
    "JobService/PlanJob",
    "NodeDiscoveryService/FindNodes",
    "NodeDiscoveryService/ListNodes",
    "NodeDiscoveryService/GetNodeInfo",
    "ArtifactService/GetUpload",
]
STREAMS = ["JobService/StreamJobUpdates", "JobService/WatchJob", "JobService/GetLogs", "ArtifactService/Download"]
NO_MESSAGES = [b"\xff\xff\xff\xff", b"\x0a\x05ab", bytes(range(256))]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("raw", NO_MESSAGES)
async def test_bytes_that_are_no_message_are_an_invalid_argument(
    shared_server: Server, method: str, raw: bytes
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call_with_bytes(shared_server, method, raw)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("method", STREAMS)
@pytest.mark.parametrize("raw", NO_MESSAGES)
async def test_bytes_that_are_no_message_end_a_stream_the_same_way(
    shared_server: Server, method: str, raw: bytes
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stream_with_bytes(shared_server, method, raw)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "method",
    [
        "grpc.health.v1.Health/Check",
        "grpc.health.v1.Health/Watch",
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ],
)
async def test_the_librarys_own_services_do_no_worse(shared_server: Server, method: str) -> None:
    call: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = shared_server.channel.unary_stream(f"/{method}")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        async for _ in call(b"\xff\xff\xff"):
            pass
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_message_over_the_transports_limit_is_resource_exhausted(server: Server) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call_with_bytes(server, "JobService/SubmitJob", bytes(64 * 1024 * 1024 + 1))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_huge_model_definition_is_refused_while_others_are_served(server: Server) -> None:
    text = json.dumps({"layers": [{"type": "dense", "units": 10, "note": "x" * 40_000_000}]})
    async with asyncio.TaskGroup() as tasks:
        huge = tasks.create_task(_refusal(server, model_definition=text))
        await submit(server)
    assert (await huge).code() in {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.INVALID_ARGUMENT}


async def _refusal(server: Server, **fields: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await submit(server, **fields)
    return refused.value


@pytest.mark.parametrize("method", ["GetJobStatus", "CancelJob", "DeleteJob", "GetJob", "GetJobResult", "GetMetrics"])
async def test_an_unknown_job_is_not_found_and_a_missing_id_is_invalid(server: Server, method: str) -> None:
    request = getattr(job_pb2, f"{method}Request")
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await getattr(server.jobs, method)(request(job_id="nobody"))
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await getattr(server.jobs, method)(request())
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
    assert missing.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violated_fields(missing.value) == ["job_id"]


async def test_cancelling_an_ended_job_is_a_success_that_changes_nothing(server: Server) -> None:
    job_id = await submit(server)
    for _ in range(2):
        answer = await server.jobs.CancelJob(job_pb2.CancelJobRequest(job_id=job_id, reason="enough"))
        assert answer.status == common_pb2.STATUS_SUCCESS
    status = await status_of(server, job_id)
    assert (status.status, status.reason) == (common_pb2.STATUS_CANCELLED, "enough")


async def test_a_deleted_job_is_gone(server: Server) -> None:
    job_id = await submit(server)
    await server.jobs.DeleteJob(job_pb2.DeleteJobRequest(job_id=job_id))
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await status_of(server, job_id)
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND
    assert (await server.jobs.ListJobs(job_pb2.ListJobsRequest())).total_count == 0


async def test_a_running_job_that_is_deleted_is_stopped_first_and_its_id_is_free_only_then(server: Server) -> None:
    job_id = await submit(server)
    async with a_connected_node(server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await until_state(server, job_id, "running")
        await server.jobs.DeleteJob(job_pb2.DeleteJobRequest(job_id=job_id))
        assert (await node.expect(StopAttempt)).mode is StopMode.CANCEL
        assert (await status_of(server, job_id)).state == "stopping"
        with pytest.raises(grpc.aio.AioRpcError) as early:
            await submit(server, job_id=job_id)
        assert early.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "is being deleted" in (early.value.details() or "")
        await node.say(AttemptEnded(offer.key, Outcome.CANCELLED))
        await _until_gone(server, job_id)
        assert await submit(server, job_id=job_id) == job_id


async def _until_gone(server: Server, job_id: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        async for _ in server.jobs.WatchJob(job_pb2.WatchJobRequest(job_id=job_id)):
            pass
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND


async def test_only_a_succeeded_job_has_a_result(server: Server) -> None:
    job_id = await submit(server)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.jobs.GetJobResult(job_pb2.GetJobResultRequest(job_id=job_id))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_paused_job_waits_until_it_is_resumed(server: Server) -> None:
    job_id = await submit(server)
    paused = await server.jobs.PauseJob(job_pb2.PauseJobRequest(job_id=job_id))
    assert (paused.status.state, paused.status.status) == ("paused", common_pb2.STATUS_PENDING)
    resumed = await server.jobs.ResumeJob(job_pb2.ResumeJobRequest(job_id=job_id))
    assert resumed.status.state == "queued"


async def test_an_ended_job_cannot_be_paused(server: Server) -> None:
    job_id = await submit(server)
    await server.jobs.CancelJob(job_pb2.CancelJobRequest(job_id=job_id))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.jobs.PauseJob(job_pb2.PauseJobRequest(job_id=job_id))
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_pages_of_a_listing_hold_every_job_once_newest_first(server: Server) -> None:
    submitted = [await submit(server, name=f"job {number}") for number in range(7)]
    listed: list[str] = []
    token = ""
    while True:
        page = await server.jobs.ListJobs(job_pb2.ListJobsRequest(page_size=3, page_token=token))
        listed += [job.job_id for job in page.jobs]
        assert page.total_count == 7
        if not (token := page.next_page_token):
            break
    assert listed == list(reversed(submitted))


async def test_a_complete_listing_tells_of_each_job_what_asking_for_it_does(server: Server) -> None:
    async with a_connected_node(server) as node:
        ran = await submit(server)
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await node.succeed(offer.key)
        await until_state(server, ran, "succeeded")
    waits = await submit(server)
    page = await server.jobs.ListJobs(job_pb2.ListJobsRequest(complete=True))
    assert [status.job_id for status in page.jobs] == [waits, ran]
    for status, details in zip(page.jobs, page.details, strict=True):
        alone = await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=status.job_id))
        assert (status, details.attempts, details.result) == (alone.status, alone.attempts, alone.result)
        assert not details.HasField("config")
    assert page.details[1].attempts[0].state == "succeeded"
    assert page.details[1].result.model_weights_hash


async def test_a_listing_that_is_too_long_for_one_answer_goes_on_in_the_next(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = [await submit(server, name=f"job {number}" * 10) for number in range(3)]
    monkeypatch.setattr(job_reading, "MOST_PAGE_BYTES", 200)
    listed: list[str] = []
    token = ""
    while True:
        page = await server.jobs.ListJobs(job_pb2.ListJobsRequest(page_token=token, complete=True))
        assert (len(page.jobs), len(page.details), page.total_count) == (1, 1, 3)
        listed.append(page.jobs[0].job_id)
        if not (token := page.next_page_token):
            break
    assert listed == list(reversed(submitted))


async def test_a_listing_can_be_filtered(server: Server) -> None:
    kept, ended = await submit(server), await submit(server)
    await server.jobs.CancelJob(job_pb2.CancelJobRequest(job_id=ended))
    by_status = await server.jobs.ListJobs(job_pb2.ListJobsRequest(filter_status=common_pb2.STATUS_PENDING))
    by_state = await server.jobs.ListJobs(job_pb2.ListJobsRequest(filter_state="cancelled"))
    by_type = await server.jobs.ListJobs(job_pb2.ListJobsRequest(filter_type=job_pb2.JOB_TYPE_INFERENCE))
    by_user = await server.jobs.ListJobs(job_pb2.ListJobsRequest(user_id="somebody"))
    assert [job.job_id for job in by_status.jobs] == [kept]
    assert [job.job_id for job in by_state.jobs] == [ended]
    assert (by_type.total_count, by_user.total_count) == (0, 0)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"page_size": -1}, "page_size"),
        ({"page_token": "what"}, "page_token"),
        ({"page_token": "WyIxIiwgMV0="}, "page_token"),
        ({"page_token": "bnVsbA=="}, "page_token"),
        ({"filter_state": "sleeping"}, "filter_state"),
        ({"filter_status": common_pb2.STATUS_SUCCESS}, "filter_status"),
        ({"filter_status": 77}, "filter_status"),
        ({"filter_type": 77}, "filter_type"),
    ],
)
async def test_a_bad_listing_is_an_invalid_argument(shared_server: Server, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await shared_server.jobs.ListJobs(job_pb2.ListJobsRequest(**fields))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violated_fields(refused.value) == [field]


async def test_data_sent_along_becomes_the_jobs_dataset(server: Server) -> None:
    config = a_config(dataset_uri="")
    answer = await server.jobs.SubmitJob(job_pb2.SubmitJobRequest(config=config, initial_data=b"x,y\n1,2\n"))
    job = await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=answer.job_id))
    assert job.config.dataset_uri.startswith("artifact://sha256:")


async def test_data_sent_along_beside_a_dataset_is_refused(server: Server) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.jobs.SubmitJob(job_pb2.SubmitJobRequest(config=a_config(), initial_data=b"x,y\n1,2\n"))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violated_fields(refused.value) == ["initial_data"]


async def test_everything_about_a_job_holds_its_config(server: Server) -> None:
    job_id = await submit(server, labels={"team": "vision"}, hyperparameters={"learning_rate": "0.5"})
    job = await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=job_id))
    assert job.config.job_id == job_id
    assert json.loads(job.config.model_definition) == json.loads(A_MODEL_DEFINITION)
    assert float(job.config.hyperparameters["learning_rate"]) == 0.5
    assert dict(job.status.labels) == {"team": "vision"}


async def test_a_plan_without_a_node_still_tells_the_layers(server: Server) -> None:
    plan = await server.jobs.PlanJob(job_pb2.PlanJobRequest(config=a_config()))
    assert [layer.type for layer in plan.layers][-1] == "dense"
    assert plan.parameters == 64 * 10 + 10
    assert plan.memory_note
    assert plan.memory_bytes == 0


async def test_planning_a_job_that_would_be_refused_says_why(server: Server) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.jobs.PlanJob(job_pb2.PlanJobRequest(config=a_config(epochs=0)))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
