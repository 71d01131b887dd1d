"""Files by content, to and from the central server, resumed where the last try ended. Callers decide about retries."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import grpc
import grpc.aio

from server_node.connection.failures import why_it_broke
from shared.errors import BadData, MachineFailure, ServerUnreachable
from shared.pb import artifact_pb2, artifact_pb2_grpc

CHUNK_BYTES = 512 * 1024
PATIENCE_SECONDS = 60.0
"""How long nothing may come before a transfer is given up and begun again from where it ended."""
SLOWEST_BYTES_PER_SECOND = 64 * 1024
_NEVER_THERE = {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}


async def upload(channel: grpc.aio.Channel, path: Path, *, sha256: str, size_bytes: int) -> None:
    """Bring a file to the server, from where the server's copy ends.

    Raises:
        ServerUnreachable: the call failed; another try goes on from there.
        OSError: the file is gone, cut short, or cannot be read.
    """
    if (found := _size_of(path)) != size_bytes:
        raise OSError(f"{path} must be {size_bytes} bytes long, got {found}")
    stub = artifact_pb2_grpc.ArtifactServiceStub(channel)
    try:
        known = await stub.GetUpload(artifact_pb2.GetUploadRequest(sha256=sha256), timeout=PATIENCE_SECONDS)
        if not known.complete:
            await _send_rest(stub, path, sha256, size_bytes, known.offset)
    except (grpc.aio.AioRpcError, asyncio.InvalidStateError) as failure:
        raise ServerUnreachable(f"uploading {path.name}: {why_it_broke(failure)}") from failure
    except asyncio.CancelledError:
        _raise_when_the_link_was_closed(f"uploading {path.name}")
        raise


def _raise_when_the_link_was_closed(what: str) -> None:
    """Tell a channel that was closed under a call, which gRPC makes a cancellation, from a cancellation of our task."""
    task = asyncio.current_task()
    if task is not None and not task.cancelling():
        raise ServerUnreachable(f"{what}: the link was closed on the way") from None


async def _send_rest(
    stub: artifact_pb2_grpc.ArtifactServiceAsyncStub, path: Path, sha256: str, size_bytes: int, offset: int
) -> None:
    """Write chunk by chunk; an iterator given to the call would have its own errors swallowed by it."""
    call = stub.Upload(timeout=PATIENCE_SECONDS + size_bytes / SLOWEST_BYTES_PER_SECOND)
    try:
        for chunk in _chunks(path, sha256, size_bytes, offset):
            await call.write(chunk)
        await call.done_writing()
        await call
    finally:
        call.cancel()


def _chunks(path: Path, sha256: str, size_bytes: int, offset: int) -> Iterator[artifact_pb2.UploadChunk]:
    if offset == size_bytes:
        # Nothing is left (an empty file, or a server that died before it took the whole): one chunk must name it still.
        yield artifact_pb2.UploadChunk(sha256=sha256, size_bytes=size_bytes, offset=offset)
    with path.open("rb") as file:
        file.seek(offset)
        while data := file.read(CHUNK_BYTES):
            yield artifact_pb2.UploadChunk(sha256=sha256, size_bytes=size_bytes, offset=offset, data=data)
            offset += len(data)


async def download(channel: grpc.aio.Channel, sha256: str, path: Path) -> None:
    """Fetch an artifact to `path`, which appears only when the content is right.

    Raises:
        BadData: the server has no such artifact.
        ServerUnreachable: the call failed; another try goes on from what is here.
        MachineFailure: what came has another hash; the next try begins anew.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        await _append_rest(channel, sha256, part)
    except grpc.aio.AioRpcError as failure:
        if failure.code() in _NEVER_THERE:
            raise BadData(
                f"the dataset artifact sha256:{sha256} is not on the central server; upload it again"
            ) from None
        raise ServerUnreachable(f"fetching sha256:{sha256}: {why_it_broke(failure)}") from failure
    except asyncio.CancelledError:
        _raise_when_the_link_was_closed(f"fetching sha256:{sha256}")
        raise
    except TimeoutError:
        raise ServerUnreachable(f"fetching sha256:{sha256}: nothing came for {PATIENCE_SECONDS:g} s") from None
    if await asyncio.to_thread(_hash_of, part) != sha256:
        part.unlink()
        raise MachineFailure(f"the artifact sha256:{sha256} arrived with other content")
    part.replace(path)


async def _append_rest(channel: grpc.aio.Channel, sha256: str, part: Path) -> None:
    offset = _size_of(part)
    call = artifact_pb2_grpc.ArtifactServiceStub(channel).Download(
        artifact_pb2.DownloadRequest(sha256=sha256, offset=offset)
    )
    with part.open("ab") as file:
        async with asyncio.timeout(PATIENCE_SECONDS) as deadline:
            async for chunk in call:
                file.write(chunk.data)
                deadline.reschedule(asyncio.get_running_loop().time() + PATIENCE_SECONDS)


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
