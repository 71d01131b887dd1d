"""Where a job may run, and where best."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from central_server.scheduler.needs import AvoidedNode, Need
from central_server.scheduler.placement import Affinity, Place, best_place, refusal
from shared.node_messages import DeviceKind
from tests.builders import GIB, MIB, a_device, a_node

_NEED = Need(None, 500 * MIB)


def a_place(node_id: str = "a", kind: DeviceKind = DeviceKind.CPU, **fields: Any) -> Place:
    values: dict[str, Any] = {
        "node": a_node(node_id, gpus=1),
        "device": a_device(kind),
        "capacity_bytes": GIB,
        "promised_bytes": 0,
        "attempts_on_node": 0,
        "stopping_on_node": 0,
    }
    return Place(**(values | fields))


def test_an_idle_ready_node_takes_a_job_that_fits() -> None:
    assert refusal(_NEED, a_place()) is None


@pytest.mark.parametrize(
    ("need", "place", "sentence"),
    [
        (_NEED, a_place(node=a_node(session_id="")), "a is offline"),
        (_NEED, a_place(node=replace(a_node(), is_draining=True)), "a is draining"),
        (_NEED, a_place(node=a_node(is_ready=False)), "a is warming up"),
        (_NEED._replace(device_kind=DeviceKind.CUDA), a_place(), "a has no cuda device"),
        (_NEED, a_place(capacity_bytes=100 * MIB), "it needs 500 MiB and cpu:0 of a can give 100 MiB"),
        (_NEED._replace(avoided=(AvoidedNode("a", "too full"),)), a_place(), "a did not take it: too full"),
        (
            _NEED,
            a_place(attempts_on_node=2, stopping_on_node=1),
            "a has no free slot (it runs 2 of 2, 1 of them stopping)",
        ),
        (_NEED, a_place(promised_bytes=600 * MIB), "it needs 500 MiB and cpu:0 of a has 424 MiB of 1 GiB free"),
    ],
)
def test_each_refusal_says_why(need: Need, place: Place, sentence: str) -> None:
    assert refusal(need, place) == sentence


def test_a_job_fits_into_the_last_byte() -> None:
    assert refusal(_NEED, a_place(capacity_bytes=500 * MIB)) is None


def test_the_checkpoint_counts_more_than_a_gpu() -> None:
    places = [a_place("a", DeviceKind.CUDA), a_place("b")]
    chosen = best_place(_NEED, Affinity("b"), places)
    assert chosen is not None
    assert chosen.node.node_id == "b"


def test_the_same_kind_of_device_counts_more_than_a_gpu_and_less_than_the_checkpoint() -> None:
    other, same = a_node("a", gpus=1), a_node("b")
    other = replace(other, description=replace(other.description, fingerprint="another kind"))
    places = [a_place("a", DeviceKind.CUDA, node=other), a_place("b", node=same)]
    assert best_place(_NEED, Affinity("", "one"), places) == places[1]
    assert best_place(_NEED, Affinity("a", "one"), places) == places[0]
    assert best_place(_NEED, Affinity("", "a third kind"), places) == places[0]


def test_a_gpu_counts_more_than_an_idle_node() -> None:
    places = [a_place("a"), a_place("b", DeviceKind.CUDA, attempts_on_node=1)]
    assert best_place(_NEED, Affinity(), places) == places[1]


def test_jobs_spread_over_nodes_before_they_share_one() -> None:
    places = [a_place("a", attempts_on_node=1), a_place("b", promised_bytes=100)]
    assert best_place(_NEED, Affinity(), places) == places[1]


def test_of_equal_nodes_the_roomiest_device_is_taken() -> None:
    places = [a_place("a", promised_bytes=100), a_place("b"), a_place("c")]
    assert best_place(_NEED, Affinity(), places) == places[1]


def test_nowhere_is_an_answer() -> None:
    assert best_place(Need(None, 2 * GIB), Affinity(), [a_place()]) is None
