"""Predictions over the node's HTTP: both forms, who may ask, what is refused, and how connections end."""

from __future__ import annotations

import asyncio
import io
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import numpy as np
import pytest

from server_node.own_http.connection import HttpTimes
from server_node.own_http.hosts import KnownHosts
from server_node.own_http.server import OwnHttpServer, open_http_server
from server_node.own_http.tls import renewing_context
from server_node.ports import CheckedCaller
from server_node.serving.batcher import BatchRules
from server_node.serving.http_predictions import http_predictions
from server_node.serving.live_replicas import LiveReplicas
from server_node.serving.predicting import Predicting
from server_node.serving.replica import Replica
from shared.errors import InvalidField, NotAuthenticated, NotPermitted
from shared.permissions import NODE_ROUTE_PERMISSIONS, PERMISSIONS_OF, Permission, Role
from tests.server_node.serving.test_replica import Doubling
from tests.tls import a_tls_folder, with_server_certificate

NPY = {"Content-Type": "application/x-npy"}
RULES = BatchRules(largest_batch=4, batch_seconds=0.0, queue_rows=8)


class Callers:
    """Knows a token for each role, which is the role's name; whoever shows nothing is a submitter."""

    async def check(self, authorization: str, host: str, permission: Permission, what: str) -> CheckedCaller:
        del what
        role = authorization.removeprefix("Bearer ") or "submitter"
        if role not in set(Role):
            raise NotAuthenticated("the token is not known here")
        if permission not in PERMISSIONS_OF[Role(role)]:
            raise NotPermitted(f"the role {role} may not")
        return CheckedCaller("somebody", role, host=host)

    async def record(
        self, caller: CheckedCaller, action: str, *, subject: str = "", result: str = "ok", detail: str = ""
    ) -> None:
        raise AssertionError("a prediction is not audited")


class Short(HttpTimes):
    head = idle = body = 0.1


@dataclass
class Served:
    url: str
    client: httpx.AsyncClient
    replica: Replica
    model: Doubling = field(default_factory=Doubling)

    async def post(self, content: bytes | None = None, **said: Any) -> httpx.Response:
        said.setdefault("params", {"deployment": "twice"})
        return await self.client.post("/v1/predict", content=content, **said)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not is_so():  # noqa: ASYNC110 - what is waited for happens in a thread, or in the server's own code
                await asyncio.sleep(0.005)


@asynccontextmanager
async def served(times: type[HttpTimes] = HttpTimes) -> AsyncIterator[Served]:
    live, model, stop = LiveReplicas(), Doubling(), Event()
    predicting = Predicting(live)
    replica = Replica("twice", model, RULES, deliver=predicting.deliver)
    live.add("d1", 1, replica)
    thread = Thread(target=lambda: replica.work(60, stop.is_set))
    thread.start()
    server = OwnHttpServer(http_predictions(predicting, Callers(), KnownHosts(["node.example.org"])), times)
    url = f"http://127.0.0.1:{await server.start('127.0.0.1', 0)}"
    try:
        async with httpx.AsyncClient(base_url=url, verify=False, trust_env=False) as client:
            yield Served(url, client, replica, model)
    finally:
        model.may_go.set()
        await server.stop()
        stop.set()
        await asyncio.to_thread(thread.join, 5)


@pytest.fixture
async def it() -> AsyncIterator[Served]:
    async with served() as it:
        yield it


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


async def test_lists_are_answered_with_lists(it: Served) -> None:
    for body in ({"inputs": [[1, 2.5]]}, {"inputs": {"input": [[1, 2.5]]}}):
        answer = await it.post(json=body)
        assert (answer.status_code, answer.json()) == (200, {"outputs": [[2.0, 5.0]]})
    named = await it.client.post("/v1/predict", json={"deployment": "d1", "inputs": [[0, 1]]})
    assert named.json() == {"outputs": [[0.0, 2.0]]}


@pytest.mark.parametrize("array", [np.ones((3, 2), ">f8"), np.asfortranarray([[1, 2], [3, 4]]), np.ones((20, 2))[:6]])
async def test_an_npy_file_is_answered_with_one_and_each_may_ask_for_the_other(it: Served, array: Any) -> None:
    answer = await it.post(npy(array), headers=NPY)
    assert answer.headers["content-type"] == "application/x-npy"
    np.testing.assert_array_equal(np.load(io.BytesIO(answer.content)), array.astype(np.float32) * 2)
    lists = await it.post(npy(array), headers=NPY | {"Accept": "application/json"})
    assert lists.json() == {"outputs": (array * 2).tolist()}


async def test_a_number_that_json_does_not_know_is_null(it: Served) -> None:
    answer = await it.post(npy(np.array([[np.nan, 1.0]])), headers=NPY | {"Accept": "application/json"})
    assert answer.json() == {"outputs": [[None, 2.0]]}


@pytest.mark.parametrize(
    ("status", "sentence", "said"),
    [
        (404, "no replica of 'nobody' is live", {"params": {"deployment": "nobody"}, "json": {"inputs": [[1, 2]]}}),
        (422, "deployment must name", {"params": {}, "json": {"inputs": [[1, 2]]}}),
        (400, "must be JSON", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
        (400, "must be JSON", {"content": b"[" * 100_000, "headers": {"Content-Type": "application/json"}}),
        (400, "NaN", {"content": b'{"inputs": [[NaN, 1]]}', "headers": {"Content-Type": "application/json"}}),
        (400, "must be an object", {"json": [[1, 2]]}),
        (422, "list of rows", {"json": {}}),
        (422, "rows of one shape", {"json": {"inputs": [[1], [1, 2]]}}),
        (422, r"must have the shape \(rows, 2\)", {"json": {"inputs": [[1, 2, 3]]}}),
        (422, "must hold numbers", {"json": {"inputs": [["a", "b"]]}}),
        (422, "must hold numbers", {"json": {"inputs": [[10**400, 1]]}}),
        (422, "must be an NPY file", {"content": b"PK\x03\x04", "headers": NPY}),
        (422, "must hold numbers", {"content": npy(np.array([[object()]], object)), "headers": NPY}),
        (422, "bytes of data", {"content": npy(np.ones((1, 2)))[:-1], "headers": NPY}),
        (422, "at least one row", {"content": npy(np.ones((0, 2))), "headers": NPY}),
        (413, "at most 8 rows", {"content": npy(np.ones((9, 2))), "headers": NPY}),
        (413, "at most 4,194,304 bytes", {"json": {"inputs": "x" * 5_000_000}}),
        (415, "Content-Type must be", {"data": {"inputs": "1"}}),
        (415, "Content-Encoding", {"content": b"x", "headers": NPY | {"Content-Encoding": "gzip"}}),
        (406, "Accept must allow", {"json": {"inputs": [[1, 2]]}, "headers": {"Accept": "text/html"}}),
        (422, "timeout_seconds", {"params": {"deployment": "d1", "timeout_seconds": "nan"}, "json": {}}),
        (401, "not known here", {"json": {}, "headers": {"Authorization": "Bearer wrong"}}),
        (403, "not known as 'evil.example'", {"json": {}, "headers": {"Host": "evil.example"}}),
        (403, "may ask nothing here", {"json": {}, "headers": {"Origin": "http://evil.example"}}),
    ],
)
async def test_what_cannot_be_answered_is_refused_in_a_sentence(
    it: Served, status: int, sentence: str, said: dict[str, Any]
) -> None:
    answer = await it.post(said.pop("content", None), **said)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"detail", "field"}
    assert re.search(sentence, answer.json()["detail"]), answer.text


async def test_other_routes_and_methods_are_told_what_there_is(it: Served) -> None:
    assert "POST /v1/predict" in (await it.client.get("/")).json()["detail"]
    refused = await it.client.get("/v1/predict")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert (await it.client.head("/health")).status_code == 200


@pytest.mark.parametrize("route", NODE_ROUTE_PERMISSIONS)
async def test_each_route_lets_in_the_roles_of_its_permission_and_no_other(it: Served, route: tuple[str, str]) -> None:
    for role in Role:
        headers = {"Authorization": f"Bearer {role}"}
        said: Any = {"json": {"deployment": "d1", "inputs": [[1, 2]]}} if route[0] == "POST" else {}
        answer = await it.client.request(*route, **said, headers=headers)
        may = NODE_ROUTE_PERMISSIONS[route] in PERMISSIONS_OF[role]
        assert answer.status_code == (200 if may else 403), role


async def test_health_tells_whether_anything_answers_and_whoever_may_read_what(it: Served) -> None:
    told = await it.client.get("/health")
    replica = {"deployment": "twice", "ready": True, "queue_rows": 0}
    assert (told.status_code, told.json()) == (200, {"status": "ready", "replicas": [replica]})
    unread = await it.client.get("/health", headers={"Authorization": "Bearer node"})
    assert (unread.status_code, unread.json()) == (200, {"status": "ready"})
    it.replica.refuse()
    assert (await it.client.get("/health")).status_code == 503
    assert (await it.post(json={"inputs": [[1, 2]]})).status_code == 503


async def test_a_full_queue_and_a_deadline_are_told_as_what_they_are(it: Served) -> None:
    it.model.may_go.clear()
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(it.post(json={"inputs": [[1, 2]] * 4}))
        await it.until(lambda: len(it.replica._asks) == 1 and not it.replica.queue_rows)
        second = tasks.create_task(it.post(json={"inputs": [[1, 2]] * 8}))
        await it.until(lambda: it.replica.queue_rows == 8)
        full = await it.post(json={"inputs": [[1, 2]]})
        assert (full.status_code, full.headers["retry-after"]) == (429, "1")
        it.model.may_go.set()
    assert (first.result().status_code, second.result().status_code) == (200, 200)
    it.model.may_go.clear()
    late = await it.post(json={"inputs": [[1, 2]]}, params={"deployment": "d1", "timeout_seconds": "0.05"})
    assert late.status_code == 504


async def raw(it: Served, *parts: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(it.url.rpartition(":")[2]))
    for part in parts:
        writer.write(part)
        await writer.drain()
    return reader, writer


def a_post(body: bytes, *headers: str) -> bytes:
    lines = ["POST /v1/predict?deployment=d1 HTTP/1.1", "Host: localhost", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()


async def test_a_caller_that_hangs_up_drops_its_rows(it: Served) -> None:
    it.model.may_go.clear()
    body = b'{"inputs": [[1, 2], [3, 4]]}'
    connections = [await raw(it, a_post(body) + body) for _ in range(2)]
    await it.until(lambda: len(it.replica._asks) == 2)
    for _, writer in connections:
        writer.close()
        await writer.wait_closed()
    await it.until(lambda: not it.replica._asks and not it.replica.queue_rows)


async def test_a_body_that_waits_to_be_let_in_is_sent_only_then(it: Served) -> None:
    body = b'{"inputs": [[1, 2]]}'
    reader, writer = await raw(it, a_post(body, "Expect: 100-continue"))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
    writer.write(body)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    writer.close()
    reader, writer = await raw(it, a_post(body, "Expect: 100-continue", "Authorization: Bearer wrong"))
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 401")
    writer.close()


@pytest.mark.parametrize(
    ("sent", "begins"),
    [
        (b"", b""),
        (b"POST /v1/predict HTTP/1.1\r\nHost: x", b""),
        (a_post(b"xxxx") + b"xx", b"HTTP/1.1 408"),
        (b"nonsense\r\n\r\n", b"HTTP/1.1 400"),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20_000, b"HTTP/1.1 431"),
        (b"GET [ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", b"HTTP/1.1 404"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 404"),
    ],
)
async def test_slow_and_senseless_connections_are_closed(sent: bytes, begins: bytes) -> None:
    async with served(Short) as it, asyncio.timeout(5):
        reader, writer = await raw(it, sent)
        assert (await reader.read()).startswith(begins)
        writer.close()


async def test_what_is_under_way_when_the_server_stops_is_still_answered() -> None:
    body = b'{"inputs": [[1, 2]]}'
    async with served() as it:
        it.model.may_go.clear()
        idle, waiting = await raw(it)
        reader, writer = await raw(it, a_post(body) + body)
        await it.until(lambda: bool(it.replica._asks))
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    assert await idle.read() == b""
    for each in (writer, waiting):
        each.close()


async def test_with_a_certificate_it_speaks_tls_and_shows_a_renewed_one(tmp_path: Path) -> None:
    folder = a_tls_folder(tmp_path / "tls", "localhost")

    def current() -> tuple[bytes, bytes]:
        return folder.server_key.read_bytes(), folder.server_certificate.read_bytes()

    server = OwnHttpServer(http_predictions(Predicting(LiveReplicas()), Callers(), KnownHosts([])))
    port = await server.start("127.0.0.1", 0, renewing_context(current))
    try:
        trusting = ssl.create_default_context(cafile=folder.authority_certificate)
        serials = []
        for _ in range(2):
            async with httpx.AsyncClient(verify=trusting) as client:
                answer = await client.get(f"https://localhost:{port}/health")
                assert answer.status_code == 503, "no replica is live"
                stream = answer.extensions["network_stream"]
                serials.append(stream.get_extra_info("ssl_object").getpeercert()["serialNumber"])
            with_server_certificate(folder, "localhost")
        assert serials[0] != serials[1]
    finally:
        await server.stop()


async def test_other_machines_reach_it_with_tls_only() -> None:
    async def nothing(*_: object) -> Any:
        raise AssertionError

    with pytest.raises(InvalidField, match=r"http_listen 0.0.0.0:0 can be reached from other machines"):
        await open_http_server(nothing, "0.0.0.0:0")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InvalidField, match="must be an address"):
        await open_http_server(nothing, f"127.0.0.1:{taken.getsockname()[1]}")
