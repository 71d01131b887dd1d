"""The page is served whole, asked for anew each time but sent only when it changed, and lets nothing foreign run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from central_server.web.page_files import PAGE_FOLDER, STATIC_PREFIX, add_page, page_files_in

VENDOR = PAGE_FOLDER / "vendor"
AXE = Path(__file__).parents[2] / "browser" / "vendor"


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    add_page(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://page") as client:
        yield client


@pytest.mark.parametrize("path", ["/", "/jobs/0123456789abcdef", "/jobs/0123/model", "/compare", "/nodes", "/submit"])
async def test_every_route_of_the_page_is_its_document(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.content == (PAGE_FOLDER / "index.html").read_bytes()


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/metrics/x", "/healthz/x", "/robots.txt", "/static/nothing.js", "/static/../app.py"]
)
async def test_an_address_that_is_not_the_pages_stays_an_error(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404


async def test_what_lies_outside_the_folder_or_is_no_kind_of_the_page_is_not_served(browser: httpx.AsyncClient) -> None:
    for path in ("%2e%2e/page_files.py", "..%2fpage_files.py", "vendor/README.md", "vendor/uplot/LICENSE", ""):
        assert (await browser.get(STATIC_PREFIX + path)).status_code == 404


async def test_a_file_that_has_not_changed_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    first = await browser.get(STATIC_PREFIX + "app.js")
    again = await browser.get(STATIC_PREFIX + "app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"


async def test_every_answer_forbids_what_is_not_of_this_server(browser: httpx.AsyncClient) -> None:
    for path in ("/", STATIC_PREFIX + "app.js", STATIC_PREFIX + "css/base.css"):
        headers = (await browser.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; ")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_the_document_asks_only_for_files_that_exist_and_holds_nothing_inline() -> None:
    document = (PAGE_FOLDER / "index.html").read_text()
    files = page_files_in(PAGE_FOLDER)
    asked = re.findall(r'(?:src|href)="([^"]+)"', document)
    assert asked
    assert {path for path in asked if path.removeprefix(STATIC_PREFIX) not in files} == set()
    assert not re.search(r"<style|style=|<script>|\son\w+=", document)


def test_every_import_of_a_module_leads_to_a_file() -> None:
    for path in PAGE_FOLDER.rglob("*.js"):
        for name in re.findall(r'from "(\.[^"]+)"', path.read_text()):
            assert (path.parent / name).resolve().is_file(), f"{path.name} imports {name}"


@pytest.mark.parametrize("folder", [VENDOR, AXE], ids=["page", "tests"])
def test_what_is_of_others_is_what_the_list_beside_it_says(folder: Path) -> None:
    listed = dict(reversed(line.split()) for line in re.findall(r"^[0-9a-f]{64}  \S+$", _list(folder), re.MULTILINE))
    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert found == listed


def _list(folder: Path) -> str:
    return (folder / "README.md").read_text()
