"""Every rpc of a real central server, called with honest messages, mutated ones, odd ones and any bytes at all.

Whatever comes, the call ends in time with a status that is nobody's bug, the log holds no mistake of ours, what people
read is still served, and the server does not grow.
"""

from __future__ import annotations

import gc
import json
import random
from collections.abc import Iterator

import grpc
import httpx
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.pb import deployment_pb2, job_pb2, node_pb2, security_pb2
from shared.permissions import RPC_PERMISSIONS
from tests.hostile.calling import ending_of
from tests.hostile.drawn_messages import Drawing
from tests.hostile.every_rpc import EVERY_RPC, OF_A_NODE, OF_THE_SERVER, Rpc
from tests.hostile.judging import CLOSED, FEW, GROWTH_BYTES, MANY, is_ours
from tests.hostile.logged_errors import logged_errors
from tests.hostile.own_thread import OwnThread, in_a_thread
from tests.hostile.served import Served, enrolment_served, everything_served

# A failure is shown with what was drawn, however long that is.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

REPEATS = 30


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnThread[Served]]:
    with in_a_thread(everything_served(tmp_path_factory.mktemp("hostile"))) as thread:
        yield thread


@pytest.fixture(scope="module")
def enrolling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnThread[Served]]:
    with in_a_thread(enrolment_served(tmp_path_factory.mktemp("enrolling"))) as thread:
        yield thread


@pytest.fixture
def thread(request: pytest.FixtureRequest, rpc: Rpc) -> OwnThread[Served]:
    """The server that has something to say to an rpc."""
    is_enrolment = rpc.service == "cyxwiz.protocol.EnrolmentService"
    served: OwnThread[Served] = request.getfixturevalue("enrolling" if is_enrolment else "working")
    return served


def call_with_anything(thread: OwnThread[Served], rpc: Rpc, how_often: settings) -> None:
    """Call one rpc again and again."""
    served = thread.served
    drawing = Drawing(served.known, served.honest)
    endings = set[grpc.StatusCode]()

    @how_often
    @given(requests=st.lists(drawing.requests(rpc.takes), min_size=1, max_size=4 if rpc.has_many_requests else 1))
    def call(requests: list[bytes]) -> None:
        with logged_errors() as errors:
            ending = thread.run(ending_of(served.server.channel, rpc, requests, served.token_for(rpc)))
        assert not is_ours(ending), (ending, errors.lines)
        assert not errors.lines, "\n".join(errors.lines)
        endings.add(ending[0])

    call()
    assert endings - CLOSED, f"no call reached {rpc.path}: {endings}"


def test_every_rpc_is_one_of_the_table_or_of_a_node() -> None:
    assert {rpc.path for rpc in OF_THE_SERVER} == set(RPC_PERMISSIONS)
    assert {rpc.service for rpc in EVERY_RPC} >= OF_A_NODE


@pytest.mark.parametrize("rpc", OF_THE_SERVER, ids=lambda rpc: rpc.path)
def test_an_rpc_ends_in_a_sentence_whatever_it_is_told(thread: OwnThread[Served], rpc: Rpc) -> None:
    call_with_anything(thread, rpc, FEW)
    thread.run(everything_is_read(thread.served))


@pytest.mark.slow
@pytest.mark.parametrize("rpc", OF_THE_SERVER, ids=lambda rpc: rpc.path)
def test_an_rpc_ends_in_a_sentence_however_often_it_is_told_anything(thread: OwnThread[Served], rpc: Rpc) -> None:
    call_with_anything(thread, rpc, MANY)
    thread.run(everything_is_read(thread.served))


def test_whatever_was_stored_is_shown_as_json(working: OwnThread[Served]) -> None:
    working.run(everything_is_json(working.served))


@pytest.mark.slow
def test_the_server_does_not_grow_with_calls_that_it_refuses(working: OwnThread[Served]) -> None:
    chance = random.Random(7)
    messages = [chance.randbytes(size) for size in (0, 3, 200, 70_000)]
    grown = []
    for _ in range(3):
        gc.collect()
        grown.append(psutil.Process().memory_info().rss)
        for _ in range(REPEATS):
            for rpc in OF_THE_SERVER:
                calling = ending_of(working.served.server.channel, rpc, messages, working.served.token_for(rpc))
                assert not is_ours(working.run(calling)), rpc
    assert grown[-1] - grown[1] < GROWTH_BYTES


async def everything_is_read(served: Served) -> None:
    """Hold that whatever was stored is shown: as messages, and as JSON that is JSON."""
    server = served.server
    await server.jobs.ListJobs(job_pb2.ListJobsRequest(page_size=20))
    await server.nodes.ListNodes(node_pb2.ListNodesRequest())
    await server.security.ListAudit(security_pb2.ListAuditRequest(limit=20))
    await server.security.ListTokens(security_pb2.ListTokensRequest())
    await server.deployments.ListDeployments(deployment_pb2.ListDeploymentsRequest())


async def everything_is_json(served: Served) -> None:
    """Hold that whatever was stored is shown over HTTP, in JSON without NaN."""
    async with httpx.AsyncClient(base_url=served.server.http, headers=served.server.headers) as http:
        for path in ("jobs", "nodes", "deployments", "summary"):
            answer = await http.get(f"/api/v1/{path}")
            assert answer.status_code == 200, (path, answer.text)
            json.loads(answer.text, parse_constant=_no_json)


def _no_json(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")
