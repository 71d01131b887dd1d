"""ArtifactService: uploads that can be resumed, downloads from any offset. Files themselves are `artifacts/`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from central_server.ports import Artifacts
from central_server.requests.caller import Caller
from shared.errors import InvalidField
from shared.pb import artifact_pb2

DOWNLOAD_PIECE_BYTES = 1 << 20


class ArtifactService:
    """The three rpcs."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def where_upload_stands(
        self, request: artifact_pb2.GetUploadRequest, _caller: Caller
    ) -> artifact_pb2.GetUploadResponse:
        """Return how much of an artifact is here."""
        if await self._artifacts.has(request.sha256):
            size_bytes = await self._artifacts.size(request.sha256)
            return artifact_pb2.GetUploadResponse(offset=size_bytes, complete=True)
        return artifact_pb2.GetUploadResponse(offset=await self._artifacts.partial_size(request.sha256))

    async def upload(
        self, chunks: AsyncIterator[artifact_pb2.UploadChunk], _caller: Caller
    ) -> artifact_pb2.UploadResponse:
        """Take the chunks of one artifact; when it is here already nothing more is read.

        Raises:
            InvalidField: the first chunk does not name it, a chunk goes over its size, or its hash is another.
        """
        first = await anext(chunks, None)
        if first is None:
            raise InvalidField("an upload must have at least one chunk, which names its sha256", field="sha256")
        token = self._artifacts.begin_upload(first.sha256, first.size_bytes)
        try:
            if not await self._artifacts.has(first.sha256):
                await self._take(chunks, first, token)
        finally:
            self._artifacts.end_upload(first.sha256, token)
        size_bytes = await self._artifacts.size(first.sha256)
        uri = f"artifact://sha256:{first.sha256}"
        return artifact_pb2.UploadResponse(uri=uri, sha256=first.sha256, size_bytes=size_bytes)

    async def download(
        self, request: artifact_pb2.DownloadRequest, _caller: Caller
    ) -> AsyncIterator[artifact_pb2.DownloadChunk]:
        """Give an artifact from an offset on; at its very end, one empty chunk that tells the size.

        Raises:
            NotFound: it is not here.
            InvalidField: the offset is beyond its end.
        """
        size_bytes = await self._artifacts.size(request.sha256)
        offset = request.offset
        if not 0 <= offset <= size_bytes:
            raise InvalidField(f"offset must be between 0 and {size_bytes}, got {offset}", field="offset")
        while True:
            data = await self._artifacts.read(request.sha256, offset, DOWNLOAD_PIECE_BYTES)
            yield artifact_pb2.DownloadChunk(offset=offset, data=data, size_bytes=size_bytes)
            offset += len(data)
            if offset >= size_bytes or not data:
                return

    async def _take(
        self, chunks: AsyncIterator[artifact_pb2.UploadChunk], first: artifact_pb2.UploadChunk, token: object
    ) -> None:
        sha256, size_bytes = first.sha256, first.size_bytes
        end = await self._append(first, sha256, size_bytes, token)
        async for chunk in chunks:
            if chunk.sha256 not in {"", sha256}:
                raise InvalidField(f"sha256 must be {sha256} or empty in later chunks, got another", field="sha256")
            end = await self._append(chunk, sha256, size_bytes, token)
        if end != size_bytes:
            raise InvalidField(
                f"size_bytes is said to be {size_bytes}, but the upload ended at {end}; go on from there", field="data"
            )
        await self._artifacts.finish_upload(sha256, token)

    async def _append(self, chunk: artifact_pb2.UploadChunk, sha256: str, size_bytes: int, token: object) -> int:
        end = chunk.offset + len(chunk.data)
        if chunk.offset < 0 or end > size_bytes:
            raise InvalidField(
                f"a chunk must lie within size_bytes {size_bytes}, got {chunk.offset} to {end}", field="offset"
            )
        await self._artifacts.append(sha256, token, chunk.offset, chunk.data)
        return end
