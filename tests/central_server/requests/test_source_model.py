"""Jobs on a finished job's model: what is refused at submission, and in which words."""

from typing import Any

import grpc
import pytest

from shared.pb import job_pb2
from tests.central_server.running_server import Server, submit

WEIGHTS = f"artifact://sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"model_definition": '{"job": "nobody"}'}, grpc.StatusCode.NOT_FOUND, "there is no job 'nobody'"),
        ({"model_definition": '{"job": "?"}'}, grpc.StatusCode.INVALID_ARGUMENT, "must be 1 to 128 letters"),
        ({"model_definition": '{"job": 7}'}, grpc.StatusCode.INVALID_ARGUMENT, "must be the id of a job"),
        ({"job_type": job_pb2.JOB_TYPE_EVALUATION}, grpc.StatusCode.INVALID_ARGUMENT, "needs trained weights"),
        ({"weights_uri": WEIGHTS}, grpc.StatusCode.INVALID_ARGUMENT, "is not on this server"),
        ({"weights_uri": "artifact://sha256:1"}, grpc.StatusCode.INVALID_ARGUMENT, "weights_uri"),
    ],
    ids=str,
)
async def test_what_has_no_weights_is_refused(
    server: Server, changes: dict[str, Any], code: grpc.StatusCode, words: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match=words) as refused:
        await submit(server, **changes)
    assert refused.value.code() is code


async def test_a_job_without_a_result_has_no_weights_to_use(server: Server) -> None:
    job_id = await submit(server)
    with pytest.raises(grpc.aio.AioRpcError, match="has no weights to use: it is queued") as refused:
        await submit(server, model_definition=f'{{"job": "{job_id}"}}')
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_a_listing_can_be_filtered_by_type(server: Server) -> None:
    await submit(server, labels={"job_type": "evaluation"})
    counts = {
        job_type: (await server.jobs.ListJobs(job_pb2.ListJobsRequest(filter_type=job_type))).total_count
        for job_type in (job_pb2.JOB_TYPE_TRAINING, job_pb2.JOB_TYPE_EVALUATION)
    }
    assert counts == {job_pb2.JOB_TYPE_TRAINING: 1, job_pb2.JOB_TYPE_EVALUATION: 0}
