"""Jobs and nodes are changed over HTTP as they are over gRPC, and what cannot be is told in one form."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from central_server.web.job_body import MOST_YAML_CHARACTERS
from shared.job_text import MAX_JOB_FILE_BYTES
from shared.node_messages import OfferAttempt, StopAttempt
from tests.central_server.fake_node import a_connected_node
from tests.central_server.running_server import Server, status_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

A_JOB = {"name": "digits", "model": {"layers": [{"type": "dense", "units": 10}]}, "dataset": "builtin://digits"}
YAML = """
name: digits
model:
  layers:
    - {type: dense, units: 10}
dataset: builtin://digits
hyperparameters: {learning_rate: 1e-3}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(shared_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=shared_server.http, headers=shared_server.headers) as client:
        yield client


async def test_a_job_file_is_submitted_as_json_and_as_yaml(http: httpx.AsyncClient) -> None:
    as_json = await http.post("/api/v1/jobs", json=A_JOB)
    assert (as_json.status_code, as_json.json()["state"]) == (201, "queued")
    as_yaml = await http.post("/api/v1/jobs", content=YAML, headers={"Content-Type": "application/yaml"})
    assert (as_yaml.status_code, as_yaml.json()["name"]) == (201, "digits")


async def test_a_submission_sent_twice_makes_one_job(http: httpx.AsyncClient) -> None:
    first = await http.post("/api/v1/jobs", params={"job_id": "once"}, json=A_JOB)
    second = await http.post("/api/v1/jobs", params={"job_id": "once"}, json=A_JOB)
    assert first.json()["submitted_at_ms"] == second.json()["submitted_at_ms"]
    other = await http.post("/api/v1/jobs", params={"job_id": "once"}, json=A_JOB | {"epochs": 3})
    assert (other.status_code, other.json()["field"]) == (409, "job_id")


@pytest.mark.parametrize(
    ("body", "kind", "status", "field"),
    [
        (b"{", "application/json", 400, ""),
        (b"a: [", "text/yaml", 400, ""),
        (b"\xff", "text/yaml", 400, ""),
        (b"- 1", "text/yaml", 400, ""),
        (b"a: 1\na: 2", "text/yaml", 400, "a"),
        (json.dumps(A_JOB).encode(), "image/png", 400, ""),
        (json.dumps(A_JOB | {"epochs": -1}).encode(), "application/json", 422, "epochs"),
        (json.dumps(A_JOB | {"epoch": 1}).encode(), "application/json", 422, "epoch"),
        (json.dumps(A_JOB | {"model": {"file": "/etc/passwd"}}).encode(), "application/json", 422, "model.file"),
        (json.dumps(A_JOB | {"model": {"python": "mine.py"}}).encode(), "application/json", 422, "model.python"),
        (json.dumps(A_JOB | {"model": {"onnx": "mine.onnx"}}).encode(), "application/json", 422, "model.onnx"),
        (b" " * (MAX_JOB_FILE_BYTES + 1), "text/yaml", 413, ""),
        (b"a: " + b"b" * MOST_YAML_CHARACTERS, "text/yaml", 413, ""),
    ],
)
async def test_what_is_no_job_is_refused_with_the_field_at_fault(
    http: httpx.AsyncClient, body: bytes, kind: str, status: int, field: str
) -> None:
    answer = await http.post("/api/v1/jobs", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


async def test_a_waiting_job_is_paused_resumed_cancelled_and_deleted(http: httpx.AsyncClient) -> None:
    job = f"/api/v1/jobs/{(await http.post('/api/v1/jobs', json=A_JOB)).json()['job_id']}"
    assert (await http.post(f"{job}/pause")).json()["state"] == "paused"
    assert (await http.post(f"{job}/resume")).json()["state"] == "queued"
    cancelled = await http.post(f"{job}/cancel", json={"reason": "wrong data"})
    assert (cancelled.json()["state"], cancelled.json()["reason"]) == ("cancelled", "wrong data")
    assert (await http.post(f"{job}/pause")).status_code == 409
    assert (await http.delete(job)).status_code == 204
    assert (await http.get(job)).status_code == 404


async def test_a_plan_tells_layers_and_why_a_node_does_not_fit(http: httpx.AsyncClient) -> None:
    plan = (await http.post("/api/v1/plan", json=A_JOB)).json()
    assert plan["parameters"] == 650
    assert plan["layers"][-1]["type"] == "dense"
    assert plan["memory_note"]


async def test_a_drawing_becomes_a_job_file_that_can_be_submitted(http: httpx.AsyncClient) -> None:
    graph = {
        "nodes": [
            {"id": 1, "type": "DatasetInput", "name": "Data", "parameters": {"batch_size": "16"}},
            {"id": 2, "type": "Dense", "name": "Out", "parameters": {"units": "10"}},
            {"id": 3, "type": "Output", "name": "Output"},
        ],
        "links": [
            {"id": 1, "from_node": 1, "from_pin": 0, "to_node": 2, "to_pin": 0},
            {"id": 2, "from_node": 2, "from_pin": 0, "to_node": 3, "to_pin": 0},
        ],
    }
    answer = await http.post("/api/v1/convert", content=json.dumps(graph), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200, answer.text
    made = await http.post("/api/v1/plan", content=answer.json()["yaml"], headers={"Content-Type": "text/yaml"})
    assert made.status_code == 200, (answer.text, made.text)


async def test_what_is_no_drawing_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/convert", content='{"nodes": 3}', headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()["field"]) == (422, "model_definition")


async def test_a_node_is_drained_and_undrained(http: httpx.AsyncClient, shared_server: Server) -> None:
    async with a_connected_node(shared_server, "n", is_ready=False):
        drained = await http.post("/api/v1/nodes/n/drain", json={"within_seconds": 5})
        assert drained.json()["state"] == "draining"
        assert drained.json()["devices"][0]["memory_used_bytes"] is None
        assert (await http.post("/api/v1/nodes/n/undrain")).json()["state"] == "warming_up"
        refused = await http.post("/api/v1/nodes/n/drain", json={"within_seconds": -1})
        assert (refused.status_code, refused.json()["field"]) == (422, "within_seconds")
    assert (await http.post("/api/v1/nodes/nobody/drain")).status_code == 404


async def test_a_running_job_is_told_to_stop(http: httpx.AsyncClient, shared_server: Server) -> None:
    async with a_connected_node(shared_server, "runner") as node:
        offer = await node.expect(OfferAttempt)
        await node.start(offer)
        cancelled = await http.post(f"/api/v1/jobs/{offer.key.job_id}/cancel")
        assert cancelled.json()["state"] == "stopping"
        assert (await node.expect(StopAttempt)).key == offer.key
    assert (await status_of(shared_server, offer.key.job_id)).state == "stopping"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere.txt", 404), ("PUT", "/api/v1/jobs", 405), ("GET", "/api/v1/x", 404)],
)
async def test_paths_that_are_not_there_answer_in_the_same_form(
    http: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, set(answer.json())) == (status, {"detail", "field"})
