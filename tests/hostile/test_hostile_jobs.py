"""Each hostile definition and job file is refused with a sentence, over gRPC and HTTP, soon and in little memory."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import grpc
import httpx
import psutil
import pytest
import pytest_asyncio

from shared.pb import job_pb2
from tests.central_server.running_server import Server, a_config, running_server
from tests.hostile.hostile_jobs import DEFINITIONS, JOB_FILES
from tests.hostile.logged_errors import logged_errors

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSALS = frozenset({grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED})
GROWTH_BYTES = 512 * 2**20
"""Of the process while it reads one: a definition of a million layers is read before it can be counted."""
LONGEST_SECONDS = 8.0
LONGEST_SENTENCE = 1_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with running_server(tmp_path_factory.mktemp("state")) as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.http, headers=server.headers, timeout=30) as client:
        yield client


def is_a_sentence(text: str) -> bool:
    """Something to read, short, on one line, without what would harm a terminal."""
    return 10 < len(text) <= LONGEST_SENTENCE and text.isprintable()


async def refusal_over_http(http: httpx.AsyncClient, path: str, body: str, kind: str) -> str:
    answer = await http.post(path, content=body.encode(errors="surrogatepass"), headers={"content-type": kind})
    assert 400 <= answer.status_code < 500, (answer.status_code, answer.text[:300])
    message: str = json.loads(answer.text)["detail"]
    return message


async def refusal_over_grpc(server: Server, method: str, definition: str) -> str:
    config = a_config(model_definition=definition)
    request = (
        job_pb2.SubmitJobRequest(config=config) if method == "SubmitJob" else job_pb2.PlanJobRequest(config=config)
    )
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await getattr(server.jobs, method)(request, timeout=LONGEST_SECONDS)
    assert refusal.value.code() in REFUSALS, refusal.value
    return refusal.value.details() or ""


@pytest.mark.parametrize("name", DEFINITIONS)
async def test_a_hostile_definition_is_refused_with_a_sentence(
    server: Server, http: httpx.AsyncClient, name: str
) -> None:
    before, begun = psutil.Process().memory_info().rss, time.monotonic()
    definition = DEFINITIONS[name]
    with logged_errors() as errors:
        sentences = [await refusal_over_grpc(server, method, definition) for method in ("SubmitJob", "PlanJob")]
        body = f'{{"dataset": "builtin://digits", "model": {definition}}}'
        sentences += [
            await refusal_over_http(http, path, body, "application/json") for path in ("/api/v1/jobs", "/api/v1/plan")
        ]
    assert not errors.lines
    assert all(map(is_a_sentence, sentences)), sentences
    assert time.monotonic() - begun < LONGEST_SECONDS
    assert psutil.Process().memory_info().rss - before < GROWTH_BYTES


@pytest.mark.parametrize("name", JOB_FILES)
async def test_a_hostile_job_file_is_refused_with_a_sentence(http: httpx.AsyncClient, name: str) -> None:
    before, begun = psutil.Process().memory_info().rss, time.monotonic()
    with logged_errors() as errors:
        sentences = [
            await refusal_over_http(http, path, JOB_FILES[name], kind)
            for path in ("/api/v1/jobs", "/api/v1/plan")
            for kind in ("application/json", "application/yaml")
        ]
    assert not errors.lines
    assert all(map(is_a_sentence, sentences)), sentences
    assert time.monotonic() - begun < LONGEST_SECONDS
    assert psutil.Process().memory_info().rss - before < GROWTH_BYTES
