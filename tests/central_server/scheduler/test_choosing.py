"""The place that is found by a look at a few is the one that scoring every open place would give."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from central_server.scheduler.bookkeeping import need_of
from central_server.scheduler.choosing import affinity_of, choose_place
from central_server.scheduler.placement import best_place, scores_of
from shared.lifecycle import JobState
from shared.node_messages import Outcome
from tests.builders import GIB, MIB, a_spec
from tests.cluster_driver import ClusterDriver, key_of

_NODES = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from([1, 2, 4])), min_size=1, max_size=6)
_JOBS = st.lists(
    st.tuples(
        st.sampled_from(["any", "cpu", "cuda"]),
        st.sampled_from([100 * MIB, GIB]),
        st.sampled_from(["builtin://digits", "builtin://blobs"]),
        st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(nodes=_NODES, jobs=_JOBS, ended=st.sets(st.integers(0, 7)), dataset=st.sampled_from(["builtin://digits", "x"]))
def test_the_chosen_place_is_the_best_of_all(
    nodes: list[tuple[int, int, int]],
    jobs: list[tuple[str, int, str, bool]],
    ended: set[int],
    dataset: str,
) -> None:
    driver = ClusterDriver()
    for number, (gpus, slots, gibibytes) in enumerate(nodes):
        driver.connect(f"n{number}", gpus=gpus, slots=slots, memory_bytes=gibibytes * GIB)
    for number, (device, memory_bytes, data, is_whole) in enumerate(jobs):
        resources = {"device": device, "memory_bytes": memory_bytes, "whole_device": is_whole}
        driver.submit(f"j{number}", a_spec(resources=resources, dataset=data))
        job = driver.job(f"j{number}")
        if job.state is JobState.RUNNING:
            driver.report(key_of(job.job_id), node_id=job.attempts[0].node_id, first_step_at_ms=1)
            if number in ended:
                driver.end(key_of(job.job_id), Outcome.SUCCEEDED, node_id=job.attempts[0].node_id)
    state = driver.cluster.state
    driver.submit("last", dataset=dataset, memory_bytes=100 * GIB)
    asked = driver.job("last")
    need = need_of(state, asked)
    small = type(need)(need.device_kind, 100 * MIB)
    chosen = choose_place(state, asked, small, None)
    affinity = affinity_of(state, asked)
    places = [place for node_id in sorted(state.nodes) for place in state.open_places.of_node(node_id)]
    best = best_place(small, affinity, places)
    assert (chosen is None) == (best is None)
    if chosen is not None and best is not None:
        assert scores_of(affinity, chosen) == scores_of(affinity, best)


def test_a_node_that_has_compiled_the_program_is_preferred_among_equals_and_it_is_said() -> None:
    driver = ClusterDriver()
    driver.connect("a", slots=2)
    driver.connect("b", slots=2)
    driver.submit("first")
    first = driver.job("first").attempts[0].node_id
    driver.report(key_of("first"), node_id=first, first_step_at_ms=1)
    driver.end(key_of("first"), node_id=first)
    for _ in range(2):
        driver.submit("again")
        attempt = driver.job("again").attempts[0]
        assert attempt.node_id == first
        assert (
            attempt.placement == f"cpu:0 of {first}: has the program compiled, has the dataset, 2 of 2 slots were free"
        )


def test_a_node_that_has_the_dataset_is_preferred_among_equals() -> None:
    driver = ClusterDriver()
    for node_id in ("a", "b"):
        driver.connect(node_id)
    driver.submit("first")
    driver.submit("second", dataset="builtin://blobs")
    for job_id in ("first", "second"):
        node_id = driver.job(job_id).attempts[0].node_id
        driver.report(key_of(job_id), node_id=node_id, first_step_at_ms=1)
        driver.end(key_of(job_id), node_id=node_id)
    driver.submit("third", dataset="builtin://blobs", batch_size=7)
    assert driver.job("third").attempts[0].node_id == driver.job("second").attempts[0].node_id


def test_a_new_process_of_a_node_has_no_programs() -> None:
    driver = ClusterDriver()
    driver.connect("a")
    driver.submit("first")
    driver.report(key_of("first"), first_step_at_ms=1)
    driver.end(key_of("first"))
    driver.disconnect("a")
    driver.connect("a", process_id="two")
    driver.submit("again")
    assert "has the program" not in driver.job("again").attempts[0].placement
