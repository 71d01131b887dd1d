"""The cluster at one moment: what its heading, its table of devices and its JSON say."""

from __future__ import annotations

import json

from cyxwiz.cli.cluster_screen import ClusterMoment, device_rows, heading, moment_to_json
from cyxwiz.records import DeviceInfo, NodeAttempt, NodeInfo, ServerInfo
from cyxwiz.records_from_wire import job_info_from_wire
from tests.cyxwiz.scripted_server import a_job

_GIB = 1024**3


def a_node(name: str, *devices: DeviceInfo, seen_ms: int | None = 1000) -> NodeInfo:
    attempt = NodeAttempt(job_id="a", attempt=1, state="running")
    return NodeInfo(name + "-id", name, "ready", devices, (attempt,) if devices else (), seen_ms)


def a_gpu(*, promised: int = 0, available: int | None = None) -> DeviceInfo:
    return DeviceInfo("cuda", "H100", 80 * _GIB, promised * _GIB, None if available is None else available * _GIB)


def a_moment(*nodes: NodeInfo) -> ClusterMoment:
    jobs = [job_info_from_wire(a_job(state=state)) for state in ("running", "stopping", "queued")]
    return ClusterMoment(server=ServerInfo("host:1", "1.2", 3500, 2.0), nodes=nodes, jobs=jobs)


def test_the_heading_adds_up_what_the_server_said() -> None:
    nodes = (a_node("a", a_gpu(promised=20), a_gpu(promised=5)), a_node("b", a_gpu()))
    assert heading(a_moment(*nodes)) == (
        "cyxwiz 1.2 at host:1  2 nodes, 3 devices  25.0 GiB of 240.0 GiB promised  2 running, 1 waiting"
    )


def test_each_device_has_a_row_and_the_node_stands_beside_its_first() -> None:
    nodes = [a_node("b"), a_node("a", a_gpu(promised=20, available=50), a_gpu(), seen_ms=None)]
    assert list(device_rows(nodes, now_ms=3500)) == [
        ("a", "ready", "cuda H100", "20.0 GiB", "30.0 GiB", "80.0 GiB", "1", "-"),
        ("", "", "cuda H100", "0 B", "-", "80.0 GiB", "", ""),
        ("b", "ready", "-", "-", "-", "-", "0", "2.5 s ago"),
    ]


def test_without_the_servers_clock_nobody_says_how_long_ago_a_node_was_seen() -> None:
    assert [row[-1] for row in device_rows([a_node("a", a_gpu())], now_ms=None)] == ["-"]


def test_the_json_has_the_available_memory_too() -> None:
    document = json.loads(json.dumps(moment_to_json(a_moment(a_node("a", a_gpu(promised=1, available=2), a_gpu())))))
    assert list(document) == ["server", "nodes", "running", "waiting"]
    (node,) = document["nodes"]
    assert [device["memory_available_bytes"] for device in node["devices"]] == [2 * _GIB, None]
    assert [len(document[key]) for key in ("running", "waiting")] == [2, 1]
