"""What the API shows of jobs, and how a listing is filtered, sorted and paged."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from shared.pb import job_pb2
from tests.central_server.running_server import Server, submit

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(shared_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the shared server, on which four jobs wait."""
    for number, (name, labels, priority) in enumerate(
        [
            ("Digits", {"team": "vision"}, job_pb2.PRIORITY_NORMAL),
            ("reviews", {"team": "Language"}, job_pb2.PRIORITY_HIGH),
            ("digits again", {"team": "vision", "try": "2"}, job_pb2.PRIORITY_LOW),
            ("", {}, job_pb2.PRIORITY_NORMAL),
        ]
    ):
        await submit(shared_server, job_id=f"job-{number}", name=name, labels=labels, priority=priority)
    async with httpx.AsyncClient(base_url=shared_server.http, headers=shared_server.headers) as client:
        yield client


async def listed(http: httpx.AsyncClient, **parameters: Any) -> list[str]:
    answer = await http.get("/api/v1/jobs", params=parameters)
    assert answer.status_code == 200, answer.text
    return [row["job_id"] for row in answer.json()]


async def test_jobs_are_listed_newest_first(http: httpx.AsyncClient) -> None:
    assert await listed(http) == ["job-3", "job-2", "job-1", "job-0"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("DIGITS", ["job-2", "job-0"]),
        ("language", ["job-1"]),
        ("job-1", ["job-1"]),
        ("ob-1", []),
        ("100%", []),
    ],
)
async def test_a_search_finds_beginnings_of_ids_and_parts_of_names_and_label_values(
    http: httpx.AsyncClient, search: str, found: list[str]
) -> None:
    assert await listed(http, search=search) == found


async def test_labels_are_matched_whole_and_all_of_them(http: httpx.AsyncClient) -> None:
    assert await listed(http, label="team:vision") == ["job-2", "job-0"]
    assert await listed(http, label=["team:vision", "try:2"]) == ["job-2"]
    assert await listed(http, label="team:visio") == []


async def test_jobs_are_sorted_by_name_and_by_priority(http: httpx.AsyncClient) -> None:
    assert await listed(http, sort="name", order="asc") == ["job-3", "job-0", "job-2", "job-1"]
    assert await listed(http, sort="priority") == ["job-1", "job-3", "job-0", "job-2"]


@pytest.mark.parametrize("sort", ["submitted", "ended", "name", "priority"])
@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_follow_each_other_without_gap_or_repeat(http: httpx.AsyncClient, sort: str, order: str) -> None:
    whole, paged, cursor = await listed(http, sort=sort, order=order), list[str](), ""
    while True:
        answer = await http.get(
            "/api/v1/jobs", params={"sort": sort, "order": order, "limit": 1, "cursor": cursor, "search": "job-"}
        )
        assert answer.headers["X-Total-Count"] == "4"
        paged += [row["job_id"] for row in answer.json()]
        cursor = answer.headers["X-Next-Cursor"]
        if not cursor:
            break
    assert paged == whole


async def test_a_cursor_of_another_order_is_refused(http: httpx.AsyncClient) -> None:
    cursor = (await http.get("/api/v1/jobs", params={"limit": 1})).headers["X-Next-Cursor"]
    answer = await http.get("/api/v1/jobs", params={"cursor": cursor, "sort": "name"})
    assert (answer.status_code, answer.json()["field"]) == (422, "cursor")


async def test_a_job_shows_its_settings_as_a_job_file_that_asks_for_the_same(http: httpx.AsyncClient) -> None:
    shown = (await http.get("/api/v1/jobs/job-2")).json()
    again = await http.post("/api/v1/jobs", params={"job_id": "job-2"}, json=shown["spec"])
    assert again.status_code == 201, again.text
    other = await http.post("/api/v1/jobs", params={"job_id": "job-2"}, json=shown["spec"] | {"epochs": 9})
    assert (other.status_code, other.json()["field"]) == (409, "job_id")


async def test_a_model_is_shown_as_a_graph_with_shapes(http: httpx.AsyncClient) -> None:
    model = (await http.get("/api/v1/jobs/job-0/model")).json()
    assert [(node["type"], node["output_shape"], node["parameters"]) for node in model["nodes"]][-1] == (
        "dense",
        [10],
        650,
    )
    ids = [node["id"] for node in model["nodes"]]
    assert model["edges"] == [list(pair) for pair in itertools.pairwise(ids)]
    assert model["parameters"] == 650


@pytest.mark.parametrize("path", ["", "/model", "/metrics", "/curve", "/logs", "/files/x", "/events"])
async def test_a_job_that_is_not_here_is_told_in_one_form(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(f"/api/v1/jobs/nobody{path}")
    assert answer.status_code == 404
    assert set(answer.json()) == {"detail", "field"}
    assert "nobody" in answer.json()["detail"]


async def test_the_summary_counts_jobs_by_state(http: httpx.AsyncClient) -> None:
    summary = (await http.get("/api/v1/summary")).json()
    assert summary["jobs"]["queued"] == 4
    assert summary["nodes"]["ready"] == 0
