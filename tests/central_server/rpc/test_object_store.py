"""A whole server whose artifacts are in an object store: uploads, results, and what happens when the store is away."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from unittest.mock import patch

import grpc
import pytest

from central_server.artifacts.bucket import Bucket
from shared.errors import MachineFailure
from shared.node_messages import AttemptEnded, OfferAttempt, Outcome
from shared.pb import artifact_pb2, common_pb2, job_pb2
from tests.central_server.fake_node import a_connected_node, upload
from tests.central_server.running_server import Server, running_server, submit
from tests.s3_server import BUCKET, S3Server, an_s3_server

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")  # moto's own

CONTENT = bytes(range(256)) * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with an_s3_server() as started:
        yield started


@pytest.fixture
async def server(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    """A server of this test's own prefix."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    async with running_server(tmp_path / "state", artifacts=f"s3://{BUCKET}/{tmp_path.name}") as running:
        yield running


async def test_an_upload_is_resumed_and_downloaded_and_leaves_nothing_on_the_servers_disk(
    server: Server, tmp_path: Path
) -> None:
    first = artifact_pb2.UploadChunk(sha256=SHA256, size_bytes=len(CONTENT), data=CONTENT[: 1 << 20])
    with pytest.raises(grpc.aio.AioRpcError):
        await server.artifacts.Upload(iter([first]))
    stands = await server.artifacts.GetUpload(artifact_pb2.GetUploadRequest(sha256=SHA256))
    assert (stands.offset, stands.complete) == (1 << 20, False)
    rest = artifact_pb2.UploadChunk(
        sha256=SHA256, size_bytes=len(CONTENT), offset=stands.offset, data=CONTENT[stands.offset :]
    )
    await server.artifacts.Upload(iter([rest]))
    request = artifact_pb2.DownloadRequest(sha256=SHA256, offset=5)
    assert b"".join([chunk.data async for chunk in server.artifacts.Download(request)]) == CONTENT[5:]
    assert {path.name for path in (tmp_path / "state").iterdir()} >= {"uploads"}
    assert list((tmp_path / "state" / "uploads").iterdir()) == []
    assert not (tmp_path / "state" / "artifacts").exists()


async def test_a_job_trains_on_an_upload_and_its_result_is_kept(server: Server) -> None:
    file = await upload(server, "data.csv", b"x,y\n1,2\n")
    async with a_connected_node(server) as node:
        job_id = await submit(server, dataset_uri=f"artifact://sha256:{file.sha256}?format=csv")
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await node.succeed(offer.key, weights=CONTENT)
    job = await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=job_id))
    assert job.status.status == common_pb2.STATUS_COMPLETED
    request = artifact_pb2.DownloadRequest(sha256=SHA256)
    assert b"".join([chunk.data async for chunk in server.artifacts.Download(request)]) == CONTENT


async def test_while_the_store_is_away_people_are_told_to_try_again_and_a_nodes_result_is_not_lost(
    server: Server,
) -> None:
    async with a_connected_node(server) as node:
        await submit(server)
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        file = await upload(server, "model.safetensors", CONTENT)
        ended = AttemptEnded(offer.key, Outcome.SUCCEEDED, files=(file,), compute_seconds=1.5)
        with patch.object(Bucket, "find", side_effect=MachineFailure("the store is away; try again later")):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await server.artifacts.GetUpload(artifact_pb2.GetUploadRequest(sha256="a" * 64))
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
            await node.say(ended)
            code, sentence = await node.code_at_end()
    assert code is grpc.StatusCode.UNAVAILABLE
    assert "the store is away" in sentence
