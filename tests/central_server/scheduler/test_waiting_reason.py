"""What a waiting job is told when there are more nodes than one would read about."""

from __future__ import annotations

from typing import Any

from shared.node_messages import Outcome
from tests.builders import MIB
from tests.cluster_driver import ClusterDriver, key_of

TOO_MUCH: dict[str, Any] = {"resources": {"memory_bytes": 10**6 * MIB}}


def six_nodes() -> ClusterDriver:
    driver = ClusterDriver()
    for node_id in "abcdef":
        driver.connect(node_id, slots=1)
    return driver


def test_the_first_three_nodes_are_named_and_the_others_counted() -> None:
    driver = six_nodes()
    driver.submit("large", **TOO_MUCH)
    *named, others = driver.cluster.waiting_reason("large").split("; ")
    assert named == [f"it needs 976.6 GiB and cpu:0 of {name} can give 4 GiB" for name in "abc"]
    assert others == "and 3 more nodes cannot take it"


def test_busy_draining_and_lost_nodes_are_counted_as_they_are() -> None:
    driver = six_nodes()
    for number in range(6):
        driver.submit(f"job-{number}")
    driver.submit("next")
    assert driver.cluster.waiting_reason("next").endswith("and 3 more nodes cannot take it")
    driver.disconnect("f")
    driver.drain("a", within_seconds=100)
    assert driver.cluster.waiting_reason("next").startswith("a is draining")
    assert driver.cluster.waiting_reason("next").endswith("and 2 more nodes cannot take it")


def test_a_node_that_came_free_is_counted_for_a_job_too_large_for_it() -> None:
    driver = six_nodes()
    for number in range(6):
        driver.submit(f"job-{number}")
    driver.submit("large", **TOO_MUCH)
    driver.end(key_of("job-5"), Outcome.SUCCEEDED, node_id=driver.job("job-5").attempts[-1].node_id)
    assert driver.cluster.waiting_reason("large").endswith("and 3 more nodes cannot take it")
