"""Serves the page: its one document for every route of its own, and its files, each with an ETag and strict headers.

It reads the files once, at the start, and knows nothing of jobs. What the page shows comes from `/api/v1`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fastapi import FastAPI, HTTPException, Request, Response

PAGE_FOLDER = Path(__file__).parent / "page"
STATIC_PREFIX = "/static/"
_DOCUMENT = "index.html"
_NOT_THE_PAGES = ("api", "metrics", "healthz", "static")
"""First parts of paths that are never a route of the page, so that a mistyped address of the API stays an error."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
"""The kinds of files that are served; licences and notes beside them are not."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is sent."""

    body: bytes
    media_type: str
    etag: str


def add_page(app: FastAPI) -> None:
    """Add the page's routes; the last of them takes every path that is left, so call this after all other routes."""
    files = page_files_in(PAGE_FOLDER)

    @app.api_route(STATIC_PREFIX + "{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def static(request: Request, path: str) -> Response:
        """Return one file of the page."""
        if path not in files:
            raise HTTPException(404, f"the page has no file {path!r}; reload the page if the server was updated")
        return _answer(request, files[path])

    @app.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    async def page(request: Request, path: str) -> Response:
        """Return the document: what of it is shown is decided in the browser, by the path."""
        if not is_route_of_page(path):
            raise HTTPException(404, f"there is nothing at /{path}; the page is at / and the API below /api/v1")
        return _answer(request, files[_DOCUMENT])


def is_route_of_page(path: str) -> bool:
    """Tell whether a path, without its leading slash, is one of the page's own."""
    return "." not in path and path.split("/", maxsplit=1)[0] not in _NOT_THE_PAGES


def page_files_in(folder: Path) -> Mapping[str, PageFile]:
    """Return every file to be served, by its path below the folder."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in _TYPES and path.is_file())
    return {str(PurePosixPath(path.relative_to(folder))): _page_file(path) for path in paths}


def _page_file(path: Path) -> PageFile:
    body = path.read_bytes()
    return PageFile(body, _TYPES[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _answer(request: Request, file: PageFile) -> Response:
    # `no-cache` lets browsers keep the file but ask each time: after an update nobody runs half of the old page.
    headers = SECURITY_HEADERS | {"ETag": file.etag, "Cache-Control": "no-cache"}
    if _has_it(request.headers.get("if-none-match", ""), file.etag):
        return Response(status_code=304, headers=headers)
    return Response(file.body, headers=headers | {"Content-Type": file.media_type})


def _has_it(if_none_match: str, etag: str) -> bool:
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in known or "*" in known
