"""The stream of all jobs and nodes: the latest of each, what was missed once, and `reset` where that is unknown."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from shared.node_messages import OfferAttempt
from tests.central_server.fake_node import a_batch, a_connected_node, send_telemetry
from tests.central_server.running_server import Server, submit
from tests.central_server.web.events import stream

PATH = "/api/v1/events"


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.http, headers=server.headers) as client:
        yield client


async def test_jobs_and_nodes_are_told_as_they_change(server: Server, http: httpx.AsyncClient) -> None:
    async with stream(http, PATH) as events:
        assert (await events.next("nodes")).data == []
        await submit(server, job_id="job")
        assert (await events.next("job")).data["state"] == "queued"
        async with a_connected_node(server):
            assert (await events.next("nodes")).data[0]["state"] == "ready"
        assert (await events.next("summary")).data["jobs"]


async def test_many_updates_of_a_job_are_told_as_the_latest(server: Server, http: httpx.AsyncClient) -> None:
    async with a_connected_node(server) as node:
        await submit(server, job_id="job")
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        async with stream(http, PATH, topics="jobs") as events:
            await events.next("summary")
            batches = [a_batch(node, offer.key, sequence=step, live_step=step) for step in range(1, 51)]
            await send_telemetry(server, batches)
            told = [await events.next("job")]
            while told[-1].data["step"] < 50:
                told.append(await events.next("job"))
    assert len(told) <= 4


async def test_a_reader_that_comes_back_is_told_what_changed_meanwhile(server: Server, http: httpx.AsyncClient) -> None:
    await submit(server, job_id="before")
    async with stream(http, PATH) as events:
        last = await events.next("summary")
    await submit(server, job_id="meanwhile")
    await submit(server, job_id="deleted")
    assert (await http.delete("/api/v1/jobs/deleted")).status_code == 204
    async with stream(http, PATH, topics="jobs", last_event_id=last.id) as events:
        told = [await events.next(), await events.next()]
    assert [(event.name, event.data["job_id"]) for event in told] == [("job", "meanwhile"), ("gone", "deleted")]


@pytest.mark.parametrize("since", ["1", "9" * 17])
async def test_a_reader_from_another_time_is_told_to_begin_anew(http: httpx.AsyncClient, since: str) -> None:
    async with stream(http, PATH, since=since) as events:
        assert (await events.next()).name == "reset"


@pytest.mark.parametrize("parameters", [{"topics": "weather"}, {"since": "x"}])
async def test_what_cannot_be_followed_is_refused(http: httpx.AsyncClient, parameters: dict[str, str]) -> None:
    answer = await http.get(PATH, params=parameters)
    assert (answer.status_code, answer.json()["field"]) == (422, next(iter(parameters)))
