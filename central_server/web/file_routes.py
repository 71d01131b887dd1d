"""The route that gives a job's result files: whole or in part, with the hash by which a copy is known to be good."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from central_server.ports import Artifacts
from central_server.web.errors import problem, problems
from central_server.web.parts import WebParts
from shared.errors import NotFound
from shared.node_messages import ResultFile

PIECE_BYTES = 1 << 20
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def file_routes(parts: WebParts) -> APIRouter:
    """Return the route."""
    routes = APIRouter(prefix="/api/v1/jobs/{job_id}", tags=["jobs"])

    @routes.get(
        "/files/{name}",
        response_class=Response,
        responses=problems(404, 422, 503)
        | {
            200: {"content": {"application/octet-stream": {}}, "description": "The whole file."},
            206: {"content": {"application/octet-stream": {}}, "description": "The part that Range asks for."},
            304: {"description": "The copy that If-None-Match names is good."},
            416: {"description": "Range lies outside the file."},
        },
    )
    async def file(job_id: str, name: str, request: Request) -> Response:
        """Return a file of a job's result; ETag is its SHA-256."""
        found = await _find(parts, job_id, name)
        headers = _headers(found)
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        size_bytes = await parts.artifacts.size(found.sha256)
        return _answer(parts.artifacts, found.sha256, size_bytes, headers, request)

    return routes


async def _find(parts: WebParts, job_id: str, name: str) -> ResultFile:
    record = (await parts.read_model.find(job_id)).record
    files = record.result.files if record.result else ()
    found = next((file for file in files if file.name == name), None)
    if found is None:
        raise NotFound(f"job {job_id} has no file {name[:100]!r}; GET /api/v1/jobs/{job_id} names those it has")
    return found


def _headers(file: ResultFile) -> dict[str, str]:
    return {
        "ETag": f'"{file.sha256}"',
        "Accept-Ranges": "bytes",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "Cache-Control": "private, no-cache",
    }


def _answer(artifacts: Artifacts, sha256: str, size_bytes: int, headers: dict[str, str], request: Request) -> Response:
    first, last, status = 0, size_bytes - 1, 200
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked and request.headers.get("if-range", headers["ETag"]) == headers["ETag"] and any(asked.groups()):
        first, last = _bounds(asked.group(1), asked.group(2), size_bytes)
        if first > last:
            return problem(416, f"Range must lie within {size_bytes} bytes", headers=_no_part(size_bytes))
        status, headers = 206, headers | {"Content-Range": f"bytes {first}-{last}/{size_bytes}"}
    headers = headers | {"Content-Length": str(last - first + 1)}
    content = _pieces(artifacts, sha256, first, last)
    return StreamingResponse(content, status, headers, media_type="application/octet-stream")


def _bounds(first: str, last: str, size_bytes: int) -> tuple[int, int]:
    """Return the first and last byte that a range names; `-N` are the last N."""
    if not first:
        return max(0, size_bytes - int(last)), size_bytes - 1
    return int(first), min(int(last) if last else size_bytes - 1, size_bytes - 1)


def _no_part(size_bytes: int) -> dict[str, str]:
    return {"Content-Range": f"bytes */{size_bytes}"}


async def _pieces(artifacts: Artifacts, sha256: str, first: int, last: int) -> AsyncIterator[bytes]:
    while first <= last and (piece := await artifacts.read(sha256, first, min(PIECE_BYTES, last - first + 1))):
        yield piece
        first += len(piece)
