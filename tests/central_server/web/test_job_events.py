"""The stream of one job: everything once, in order, over cuts and new attempts, until its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from central_server.web.job_events import Place
from shared.errors import InvalidField
from shared.node_messages import AttemptEnded, OfferAttempt, Outcome
from tests.central_server.fake_node import FakeNode, a_batch, a_connected_node, send_telemetry
from tests.central_server.running_server import Server, submit
from tests.central_server.web.events import Events, stream


@pytest.fixture
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.http, headers=server.headers) as client:
        yield client


async def a_running_job(server: Server, node: FakeNode, job_id: str = "job") -> OfferAttempt:
    await submit(server, job_id=job_id)
    offer = await node.expect(OfferAttempt)
    await node.start(offer)
    return offer


async def steps_until(events: Events, last: int) -> list[int]:
    steps: list[int] = []
    while last not in steps:
        steps += [row["step"] for row in (await events.next("points")).data]
    return steps


async def test_a_job_is_followed_from_its_first_row_to_its_end(server: Server, http: httpx.AsyncClient) -> None:
    async with a_connected_node(server) as node:
        offer = await a_running_job(server, node)
        async with stream(http, "/api/v1/jobs/job/events") as events:
            assert (await events.next("job")).data["job_id"] == "job"
            await send_telemetry(server, [a_batch(node, offer.key, steps=[1, 2], lines=["begun"], live_step=2)])
            assert await steps_until(events, 2) == [1, 2]
            assert [line["text"] for line in (await events.next("log")).data] == ["begun"]
            await send_telemetry(server, [a_batch(node, offer.key, steps=[3])])
            await node.succeed(offer.key)
            rest = await events.rest()
    assert [row["step"] for event in rest if event.name == "points" for row in event.data] == [3]
    assert rest[-1].name == "end"
    assert rest[-1].data["state"] == "succeeded"


async def test_a_reader_that_comes_back_is_told_what_it_missed_and_nothing_twice(
    server: Server, http: httpx.AsyncClient
) -> None:
    async with a_connected_node(server) as node:
        offer = await a_running_job(server, node)
        await send_telemetry(server, [a_batch(node, offer.key, steps=[1, 2], lines=["one"])])
        async with stream(http, "/api/v1/jobs/job/events") as events:
            last = await events.next("log")
        await send_telemetry(server, [a_batch(node, offer.key, steps=[2, 3], lines=["one", "two"])])
        async with stream(http, "/api/v1/jobs/job/events", last_event_id=last.id) as events:
            assert await steps_until(events, 3) == [3]
            assert [line["text"] for line in (await events.next("log")).data] == ["two"]


async def test_an_attempt_that_begins_further_back_tells_its_rows_again(
    server: Server, http: httpx.AsyncClient
) -> None:
    async with a_connected_node(server) as node:
        await submit(server, job_id="job", max_failures=1)
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        await send_telemetry(server, [a_batch(node, offer.key, steps=[1, 2])])
        async with stream(http, "/api/v1/jobs/job/events") as events:
            assert await steps_until(events, 2) == [1, 2]
            await node.say(AttemptEnded(offer.key, Outcome.FAILED, error_code="internal", message="bad"))
            again = await node.expect(OfferAttempt)
            await node.start(again)
            await send_telemetry(server, [a_batch(node, again.key, steps=[1])])
            told = await steps_until(events, 1)
    assert told[0] == 1


async def test_the_stream_of_a_deleted_job_says_that_it_is_gone(server: Server, http: httpx.AsyncClient) -> None:
    await submit(server, job_id="job")
    async with stream(http, "/api/v1/jobs/job/events") as events:
        await events.next("job")
        assert (await http.delete("/api/v1/jobs/job")).status_code == 204
        assert (await events.rest())[-1].name == "gone"


async def test_streams_end_when_the_server_stops(server: Server, http: httpx.AsyncClient) -> None:
    await submit(server, job_id="job")
    async with stream(http, "/api/v1/jobs/job/events") as events, stream(http, "/api/v1/events") as all_events:
        await events.next("job")
        await all_events.next("summary")
        server.stop.set()
        await asyncio.gather(events.rest(), all_events.rest())


@pytest.mark.parametrize("text", ["x", "1:2", "1:2:3:4:5", "-1:0:0", "1:-2:0", "9" * 30 + ":0:0"])
def test_what_is_no_id_of_ours_is_refused(text: str) -> None:
    with pytest.raises(InvalidField, match="since must be"):
        Place.parse(text)


@pytest.mark.parametrize("place", [Place(), Place(17, 3, 9), Place(17, -1, 9, 2)])
def test_an_id_says_the_place_it_was_made_for(place: Place) -> None:
    assert Place.parse(str(place)) == place
