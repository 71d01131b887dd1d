"""The description of the API and what it does go together: schemathesis asks each route for what it describes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok

from shared.node_messages import OfferAttempt
from shared.permissions import ROUTE_PERMISSIONS
from tests.central_server.fake_node import a_batch, a_connected_node, send_telemetry
from tests.central_server.running_server import Server, running_server, submit
from tests.central_server.test_deployments import a_model, deploy

FEW = settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server in a thread of its own, with a job that is done, one that waits and a node."""
    ready: list[Server] = []
    is_ready, is_over = threading.Event(), threading.Event()

    async def serve(state_dir: Path) -> None:
        async with running_server(state_dir) as server:
            await submit(server, job_id="done", labels={"team": "vision"})
            async with a_connected_node(server) as node:
                offer = await node.expect(OfferAttempt)
                await node.start(offer)
                await send_telemetry(server, [a_batch(node, offer.key, steps=[1, 2, 3], lines=["a line"])])
                await node.succeed(offer.key)
                await deploy(server, await a_model(server))
                ready.append(server)
                is_ready.set()
                await asyncio.to_thread(is_over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve(tmp_path_factory.mktemp("state"))))
    thread.start()
    assert is_ready.wait(20)
    try:
        yield ready[0]
    finally:
        is_over.set()
        thread.join()


CHECKED = frozenset(
    f"{method} {path}"
    for method, path in ROUTE_PERMISSIONS
    if path.startswith("/api/") and not path.endswith(("/events", "openapi.json"))
)
"""Whatever the table of permissions names, so that a new route cannot be forgotten."""


def test_every_route_answers_as_it_is_described(served: Server) -> None:
    schema = schemathesis.openapi.from_url(f"{served.http}/api/v1/openapi.json")
    asked = set[str]()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path.endswith("/events"):  # they do not end
            continue

        @FEW
        @given(case=operation.as_strategy(), is_known=st.booleans())
        def ask(case: Any, is_known: bool) -> None:  # hypothesis names it
            asked.add(case.operation.label)
            if is_known and case.method == "GET" and "job_id" in case.path_parameters:
                case.path_parameters["job_id"] = "done"
            if is_known and case.method == "GET" and "name" in case.path_parameters:
                case.path_parameters["name"] = "digits"
            case.validate_response(case.call(headers=served.headers), checks=CHECKS)

        ask()
    assert asked >= CHECKED


STRANGERS: tuple[dict[str, str], ...] = (
    {},
    {"authorization": "Bearer wrong"},
    {"authorization": "Basic eA=="},
    {"cookie": "cyxwiz_session=x"},
)


def test_no_route_breaks_for_somebody_without_a_token(served: Server) -> None:
    schema = schemathesis.openapi.from_url(f"{served.http}/api/v1/openapi.json")
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path.endswith("/events"):
            continue

        @FEW
        @given(case=operation.as_strategy(), headers=st.sampled_from(STRANGERS))
        def ask(case: Any, headers: dict[str, str]) -> None:  # hypothesis names it
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=[not_a_server_error])
            is_open = case.method == "GET" or case.path == "/api/v1/session"
            assert is_open or 400 <= answer.status_code < 500, f"{case.method} {case.path} let a stranger in"

        ask()


def test_each_path_of_the_contract_is_described(served: Server) -> None:
    paths = httpx.get(f"{served.http}/api/v1/openapi.json").json()["paths"]
    job = "/api/v1/jobs/{job_id}"
    wanted = {
        *("/api/v1/jobs", "/api/v1/plan", "/api/v1/convert", "/api/v1/nodes", "/api/v1/summary", "/api/v1/events"),
        *(job, f"{job}/model", f"{job}/metrics", f"{job}/curve", f"{job}/logs", f"{job}/files/{{name}}"),
        *(f"{job}/events", f"{job}/cancel", f"{job}/pause", f"{job}/resume", "/metrics", "/healthz", "/api/v1/session"),
        *("/api/v1/nodes/{node_id}/drain", "/api/v1/nodes/{node_id}/undrain"),
    }
    assert wanted <= set(paths)
