"""A job's curve and its files."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from shared.node_messages import OfferAttempt
from tests.central_server.fake_node import a_batch, a_connected_node, send_telemetry
from tests.central_server.running_server import Server, submit

pytestmark = pytest.mark.asyncio(loop_scope="module")

WEIGHTS = bytes(range(256)) * 8
FILE = "/api/v1/jobs/job/files/model.safetensors"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(shared_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with one job that has 3,000 rows and a result."""
    await submit(shared_server, job_id="job")
    async with a_connected_node(shared_server) as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await send_telemetry(shared_server, [a_batch(node, offer.key, steps=range(1, 3001), lines=["a", "b"])])
        await node.succeed(offer.key, weights=WEIGHTS)
    async with httpx.AsyncClient(base_url=shared_server.http, headers=shared_server.headers) as client:
        yield client


async def test_every_row_of_a_long_history_comes_in_order(http: httpx.AsyncClient) -> None:
    rows = (await http.get("/api/v1/jobs/job/metrics")).json()
    assert [row["step"] for row in rows] == list(range(1, 3001))
    rest = (await http.get("/api/v1/jobs/job/metrics", params={"after_step": 2998})).json()
    assert [row["step"] for row in rest] == [2999, 3000]
    assert (await http.get("/api/v1/jobs/job/metrics", params={"after_step": 9999})).json() == []


async def test_a_curve_is_thinned_out(http: httpx.AsyncClient) -> None:
    curve = (await http.get("/api/v1/jobs/job/curve", params={"names": "loss,unknown", "points": 100})).json()
    assert (curve["names"], curve["rows"], curve["first_step"], curve["last_step"]) == (["loss"], 3000, 1, 3000)
    steps = curve["series"]["loss"]["steps"]
    assert (steps[0], steps[-1]) == (1, 3000)
    assert 50 <= len(steps) <= 100
    part = (await http.get("/api/v1/jobs/job/curve", params={"from_step": 10, "to_step": 12})).json()
    assert part["series"]["loss"] == {"steps": [10, 11, 12], "values": [1.0, 1.0, 1.0]}


async def test_the_log_is_read_from_a_line_on(http: httpx.AsyncClient) -> None:
    lines = (await http.get("/api/v1/jobs/job/logs")).json()
    assert [line["text"] for line in lines] == ["a", "b"]
    after = {"after_sequence": lines[0]["sequence"]}
    assert [line["text"] for line in (await http.get("/api/v1/jobs/job/logs", params=after)).json()] == ["b"]


async def test_a_file_comes_whole_with_its_hash(http: httpx.AsyncClient) -> None:
    (file,) = (await http.get("/api/v1/jobs/job")).json()["result"]["files"]
    assert file["url"] == FILE
    answer = await http.get(file["url"])
    assert answer.content == WEIGHTS
    assert answer.headers["ETag"] == f'"{hashlib.sha256(WEIGHTS).hexdigest()}"'
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert (await http.get(FILE, headers={"If-None-Match": answer.headers["ETag"]})).status_code == 304


@pytest.mark.parametrize(
    ("asked", "part"),
    [("bytes=10-19", WEIGHTS[10:20]), ("bytes=2000-", WEIGHTS[2000:]), ("bytes=-5", WEIGHTS[-5:])],
)
async def test_a_part_of_a_file_comes_alone(http: httpx.AsyncClient, asked: str, part: bytes) -> None:
    answer = await http.get(FILE, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["Content-Range"].endswith(f"/{len(WEIGHTS)}")


@pytest.mark.parametrize(("asked", "status"), [("bytes=99999-", 416), ("bytes=-0", 416), ("bytes=1-2,5-6", 200)])
async def test_parts_that_are_not_there_are_refused_and_several_give_the_whole(
    http: httpx.AsyncClient, asked: str, status: int
) -> None:
    assert (await http.get(FILE, headers={"Range": asked})).status_code == status


async def test_a_part_of_another_version_gives_the_whole(http: httpx.AsyncClient) -> None:
    answer = await http.get(FILE, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (answer.status_code, answer.content) == (200, WEIGHTS)
