"""Uploads and downloads over gRPC."""

import asyncio
import hashlib
from collections.abc import Iterable
from pathlib import Path

import grpc
import pytest

from shared.pb import artifact_pb2, job_pb2
from tests.central_server.fake_node import upload
from tests.central_server.running_server import Server, running_server, submit, violated_fields

CONTENT = bytes(range(256)) * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def chunks(content: bytes = CONTENT, *, start: int = 0, sha256: str = SHA256) -> list[artifact_pb2.UploadChunk]:
    size = 1 << 20
    pieces = [
        artifact_pb2.UploadChunk(offset=offset, data=content[offset : offset + size])
        for offset in range(start, len(content), size)
    ]
    pieces[0].sha256, pieces[0].size_bytes = sha256, len(content)
    return pieces


async def downloaded(server: Server, offset: int = 0) -> bytes:
    request = artifact_pb2.DownloadRequest(sha256=SHA256, offset=offset)
    return b"".join([chunk.data async for chunk in server.artifacts.Download(request)])


async def test_an_upload_can_be_resumed_and_downloaded_from_any_offset(server: Server) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as unfinished:
        await server.artifacts.Upload(iter(chunks()[:1]))
    assert unfinished.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    stands = await server.artifacts.GetUpload(artifact_pb2.GetUploadRequest(sha256=SHA256))
    assert (stands.offset, stands.complete) == (1 << 20, False)
    done = await server.artifacts.Upload(iter(chunks(start=stands.offset)))
    assert (done.uri, done.size_bytes) == (f"artifact://sha256:{SHA256}", len(CONTENT))
    assert await downloaded(server) == CONTENT
    assert await downloaded(server, 2_000_001) == CONTENT[2_000_001:]
    assert await downloaded(server, len(CONTENT)) == b""


async def test_an_artifact_that_is_here_need_not_be_sent(server: Server) -> None:
    await upload(server, "file", CONTENT)
    stands = await server.artifacts.GetUpload(artifact_pb2.GetUploadRequest(sha256=SHA256))
    assert (stands.offset, stands.complete) == (len(CONTENT), True)
    again = await server.artifacts.Upload(iter(chunks()[:1]))
    assert again.size_bytes == len(CONTENT)


BAD_UPLOADS: dict[str, tuple[Iterable[artifact_pb2.UploadChunk], str]] = {
    "nothing": ([], "sha256"),
    "no hash": ([artifact_pb2.UploadChunk(data=b"x", size_bytes=1)], "sha256"),
    "a path for a hash": ([artifact_pb2.UploadChunk(sha256="../../x", data=b"x", size_bytes=1)], "sha256"),
    "another content": (chunks(b"other"), "sha256"),
    "beyond its size": ([artifact_pb2.UploadChunk(sha256=SHA256, size_bytes=1, data=b"xx")], "offset"),
    "before its start": ([artifact_pb2.UploadChunk(sha256=SHA256, size_bytes=1, offset=-1)], "offset"),
    "negative size": ([artifact_pb2.UploadChunk(sha256=SHA256, size_bytes=-1)], "size_bytes"),
}


@pytest.mark.parametrize("name", BAD_UPLOADS)
async def test_a_bad_upload_is_an_invalid_argument(server: Server, name: str) -> None:
    pieces, field = BAD_UPLOADS[name]
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await server.artifacts.Upload(iter(pieces))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violated_fields(refused.value) == [field]


async def test_an_artifact_over_the_limit_is_resource_exhausted(tmp_path: Path) -> None:
    async with running_server(tmp_path, artifact_bytes=10) as server:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await server.artifacts.Upload(iter(chunks()))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_garbage_in_an_upload_is_an_invalid_argument(server: Server) -> None:
    call: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = server.channel.stream_unary(
        "/cyxwiz.protocol.ArtifactService/Upload"
    )
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(iter([b"\xff\xff\xff"]))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_download_of_nothing_is_not_found_and_an_offset_beyond_the_end_is_invalid(server: Server) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as missing:
        await downloaded(server)
    assert missing.value.code() is grpc.StatusCode.NOT_FOUND
    await upload(server, "file", CONTENT)
    with pytest.raises(grpc.aio.AioRpcError) as beyond:
        await downloaded(server, len(CONTENT) + 1)
    assert beyond.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_job_can_train_on_what_was_uploaded(server: Server) -> None:
    file = await upload(server, "data.csv", b"x,y\n1,2\n")
    job_id = await submit(server, dataset_uri=f"artifact://sha256:{file.sha256}?format=csv")
    job = await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=job_id))
    assert job.config.dataset_uri.startswith(f"artifact://sha256:{file.sha256}")


async def test_two_clients_that_upload_the_same_file_both_succeed_or_are_told(server: Server) -> None:
    results = await asyncio.gather(*(server.artifacts.Upload(iter(chunks())) for _ in range(2)), return_exceptions=True)
    failures = [result for result in results if isinstance(result, grpc.aio.AioRpcError)]
    assert all(failure.code() is grpc.StatusCode.FAILED_PRECONDITION for failure in failures)
    stands = await server.artifacts.GetUpload(artifact_pb2.GetUploadRequest(sha256=SHA256))
    assert stands.complete or len(failures) == 2
