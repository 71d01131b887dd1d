"""Stores bytes at the central server under their SHA-256: only what it lacks, from where a cut left off."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import grpc

from cyxwiz.aio.connection import Connection, transfer_timeout_seconds
from cyxwiz.errors import InvalidField
from cyxwiz.file_digest import Digest, digest_of_bytes, digest_of_file
from shared.pb import artifact_pb2, artifact_pb2_grpc

_CHUNK_BYTES = 1024 * 1024


async def upload_bytes(
    connection: Connection, artifacts: artifact_pb2_grpc.ArtifactServiceAsyncStub, data: bytes
) -> str:
    """Store `data` and return its `artifact://` URI."""
    return await _upload(connection, artifacts, digest_of_bytes(data), io.BytesIO(data))


async def upload_file(connection: Connection, artifacts: artifact_pb2_grpc.ArtifactServiceAsyncStub, path: Path) -> str:
    """Store the file at `path` and return its `artifact://` URI.

    Raises:
        InvalidField: there is no such file, or it cannot be read.
    """
    try:
        digest = await asyncio.to_thread(digest_of_file, path)
        file = await asyncio.to_thread(path.open, "rb")
    except OSError as error:
        raise InvalidField(f"cannot read {path}: {error.strerror or error}", field="source") from error
    with file:
        return await _upload(connection, artifacts, digest, file)


async def _upload(
    connection: Connection,
    artifacts: artifact_pb2_grpc.ArtifactServiceAsyncStub,
    digest: Digest,
    source: BinaryIO,
) -> str:
    patience = connection.patience()
    while True:
        request = artifact_pb2.GetUploadRequest(sha256=digest.sha256)
        have = await connection.call(artifacts.GetUpload, request)
        if have.complete:
            return artifact_uri(digest.sha256)
        try:
            await _send_rest(artifacts, digest, source, have.offset)
        except grpc.aio.AioRpcError as error:
            await patience.wait_or_raise(connection.error(error))
        else:
            return artifact_uri(digest.sha256)


async def _send_rest(
    artifacts: artifact_pb2_grpc.ArtifactServiceAsyncStub, digest: Digest, source: BinaryIO, offset: int
) -> None:
    # Written chunk by chunk: the errors of an iterator that is given to the call are swallowed by it.
    call = artifacts.Upload(timeout=transfer_timeout_seconds(digest.size_bytes - offset))
    try:
        # The state is invalid when the server has answered before the end; its answer says why.
        with suppress(asyncio.InvalidStateError):
            async for chunk in _chunks(digest, source, offset):
                await call.write(chunk)
            await call.done_writing()
        await call
    finally:
        call.cancel()


async def _chunks(digest: Digest, source: BinaryIO, offset: int) -> AsyncIterator[artifact_pb2.UploadChunk]:
    """Give at least one chunk, which names the artifact even when nothing of it is left to send."""
    await asyncio.to_thread(source.seek, offset)
    chunk = artifact_pb2.UploadChunk(sha256=digest.sha256, size_bytes=digest.size_bytes, offset=offset)
    while True:
        chunk.data = await asyncio.to_thread(source.read, _CHUNK_BYTES)
        yield chunk
        offset += len(chunk.data)
        if offset >= digest.size_bytes or not chunk.data:
            return
        chunk = artifact_pb2.UploadChunk(offset=offset)


def artifact_uri(sha256: str) -> str:
    """Return the URI under which a stored file is named."""
    return f"artifact://sha256:{sha256}"
