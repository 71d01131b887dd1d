"""Files by content, to and from the central server, resumed where the last try ended. Callers decide about retries.

Files are read, written and hashed in threads: a disk that is slow must not hold up the event loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import grpc
import grpc.aio

from server_node.connection.failures import why_it_broke
from server_node.kept_artifacts import UNFINISHED
from shared.atomic_file import sync_folder
from shared.errors import BadData, MachineFailure, ServerUnreachable
from shared.pb import artifact_pb2, artifact_pb2_grpc

CHUNK_BYTES = 512 * 1024
PATIENCE_SECONDS = 60.0
"""How long nothing may come before a transfer is given up and begun again from where it ended."""
SLOWEST_BYTES_PER_SECOND = 64 * 1024
_LINK_CLOSED = (grpc.aio.BaseError, asyncio.InvalidStateError)
"""What gRPC raises for a channel that was closed before a call, or a call that is over before it was written to."""
_NEVER_THERE = {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}


async def upload(channel: grpc.aio.Channel, path: Path, *, sha256: str, size_bytes: int) -> None:
    """Bring a file to the server, from where the server's copy ends.

    Raises:
        ServerUnreachable: the call failed; another try goes on from there.
        OSError: the file is gone, cut short, or cannot be read.
    """
    if (found := await asyncio.to_thread(_size_of, path)) != size_bytes:
        raise OSError(f"{path} must be {size_bytes} bytes long, got {found}")
    stub = artifact_pb2_grpc.ArtifactServiceStub(channel)
    try:
        known = await stub.GetUpload(artifact_pb2.GetUploadRequest(sha256=sha256), timeout=PATIENCE_SECONDS)
        if not known.complete:
            await _send_rest(stub, path, sha256, size_bytes, known.offset)
    except grpc.aio.AioRpcError as failure:
        raise ServerUnreachable(f"uploading {path.name}: {why_it_broke(failure)}") from failure
    except _LINK_CLOSED as failure:
        raise ServerUnreachable(f"uploading {path.name}: the link was closed ({failure})") from failure
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
        chunks = _chunks(path, sha256, size_bytes, offset)
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
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


def _any_size(_: int) -> None:
    return


async def download(
    channel: grpc.aio.Channel, sha256: str, path: Path, *, expect: Callable[[int], None] = _any_size
) -> None:
    """Fetch an artifact to `path`, which appears only when the content is right, and durable.

    Args:
        channel: to the server.
        sha256: which artifact.
        path: where to.
        expect: called in a thread with the whole size in bytes, 0 when the server does not say, before anything is
            written; what it raises ends the call.

    Raises:
        BadData: the server has no such artifact.
        ServerUnreachable: the call failed; another try goes on from what is here.
        MachineFailure: what came has another hash; the next try begins anew.
    """
    part = path.with_name(path.name + UNFINISHED)
    try:
        await _append_rest(channel, sha256, part, expect)
    except grpc.aio.AioRpcError as failure:
        if failure.code() in _NEVER_THERE:
            raise BadData(
                f"the dataset artifact sha256:{sha256} is not on the central server; upload it again"
            ) from None
        raise ServerUnreachable(f"fetching sha256:{sha256}: {why_it_broke(failure)}") from failure
    except _LINK_CLOSED as failure:
        raise ServerUnreachable(f"fetching sha256:{sha256}: the link was closed ({failure})") from failure
    except asyncio.CancelledError:
        _raise_when_the_link_was_closed(f"fetching sha256:{sha256}")
        raise
    except TimeoutError:
        raise ServerUnreachable(f"fetching sha256:{sha256}: nothing came for {PATIENCE_SECONDS:g} s") from None
    if not await asyncio.to_thread(_put_in_place, part, sha256, path):
        raise MachineFailure(f"the artifact sha256:{sha256} arrived with other content")


async def _append_rest(channel: grpc.aio.Channel, sha256: str, part: Path, expect: Callable[[int], None]) -> None:
    file = await asyncio.to_thread(_opened_to_append, part)
    try:
        await _receive(channel, sha256, file, expect)
    finally:
        await asyncio.to_thread(file.close)


async def _receive(channel: grpc.aio.Channel, sha256: str, file: BinaryIO, expect: Callable[[int], None]) -> None:
    offset = file.tell()
    call = artifact_pb2_grpc.ArtifactServiceStub(channel).Download(
        artifact_pb2.DownloadRequest(sha256=sha256, offset=offset)
    )
    is_expected = False
    async with asyncio.timeout(PATIENCE_SECONDS) as deadline:
        async for chunk in call:
            if not is_expected:
                await asyncio.to_thread(expect, chunk.size_bytes)
                is_expected = True
            await asyncio.to_thread(file.write, chunk.data)
            deadline.reschedule(asyncio.get_running_loop().time() + PATIENCE_SECONDS)


def _opened_to_append(part: Path) -> BinaryIO:
    part.parent.mkdir(parents=True, exist_ok=True)
    return part.open("ab")


def _put_in_place(part: Path, sha256: str, path: Path) -> bool:
    """Give a file that is what it should be its name, durably; remove another, and tell."""
    with part.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            part.unlink()
            return False
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
    return True


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
