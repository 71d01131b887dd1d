"""Every rpc of a node's own server, called with honest messages, mutated ones, odd ones and any bytes at all.

Whatever comes, the call ends in time with a status that is nobody's bug, and honest callers are answered afterwards.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import grpc
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.calling import Ending, ending_of
from tests.hostile.drawn_messages import Drawing
from tests.hostile.every_rpc import EVERY_RPC, OF_A_NODE, Rpc
from tests.hostile.judging import CLOSED, FEW, GROWTH_BYTES, MANY, OURS, is_ours
from tests.hostile.logged_errors import logged_errors
from tests.hostile.own_thread import OwnThread, in_a_thread
from tests.hostile.served_by_a_node import A_SESSION, ServedByANode, everything_served_by_a_node

# A failure is shown with what was drawn, however long that is.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

OF_THE_NODE = [rpc for rpc in EVERY_RPC if rpc.service in OF_A_NODE]
TERMINAL = "cyxwiz.protocol.TerminalService"
HONEST = "cyxwiz.protocol.InferenceService/Infer"


@pytest.fixture(scope="module")
def thread() -> Iterator[OwnThread[ServedByANode]]:
    with in_a_thread(everything_served_by_a_node()) as thread:
        yield thread


async def ending_with_a_session(served: ServedByANode, rpc: Rpc, requests: list[bytes]) -> Ending:
    """Put the id of an open session where one is meant, and call."""
    if rpc.service == TERMINAL and any(A_SESSION.encode() in raw for raw in requests):
        session = (await served.open_session()).encode()
        requests = [raw.replace(A_SESSION.encode(), session) for raw in requests]
    return await ending_of(served.channel, rpc, requests)


def call_with_anything(thread: OwnThread[ServedByANode], rpc: Rpc, how_often: settings) -> None:
    """Call one rpc again and again."""
    drawing = Drawing(thread.served.known, thread.served.honest)
    endings = set[grpc.StatusCode]()

    @how_often
    @given(requests=st.lists(drawing.requests(rpc.takes), min_size=1, max_size=4 if rpc.has_many_requests else 1))
    def call(requests: list[bytes]) -> None:
        with logged_errors() as errors:
            ending = thread.run(ending_with_a_session(thread.served, rpc, requests))
        assert not is_ours(ending), (ending, errors.lines)
        assert not errors.lines, "\n".join(errors.lines)
        endings.add(ending[0])

    call()
    assert endings - CLOSED, f"no call reached {rpc.path}: {endings}"


def honest_answer(thread: OwnThread[ServedByANode]) -> grpc.StatusCode:
    """Predict, and return how it ended."""
    rpc = next(rpc for rpc in OF_THE_NODE if rpc.path == HONEST)
    honest = next(one for one in thread.served.honest if one.DESCRIPTOR is rpc.takes)
    return thread.run(ending_of(thread.served.channel, rpc, [honest.SerializeToString()]))[0]


@pytest.mark.parametrize("rpc", OF_THE_NODE, ids=lambda rpc: rpc.path)
def test_an_rpc_of_a_node_ends_in_a_sentence_whatever_it_is_told(thread: OwnThread[ServedByANode], rpc: Rpc) -> None:
    call_with_anything(thread, rpc, FEW)
    assert honest_answer(thread) is grpc.StatusCode.OK


@pytest.mark.slow
@pytest.mark.parametrize("rpc", OF_THE_NODE, ids=lambda rpc: rpc.path)
def test_an_rpc_of_a_node_ends_however_often_it_is_told_anything(thread: OwnThread[ServedByANode], rpc: Rpc) -> None:
    call_with_anything(thread, rpc, MANY)
    assert honest_answer(thread) is grpc.StatusCode.OK


@pytest.mark.slow
def test_a_node_does_not_grow_with_calls_that_it_refuses(thread: OwnThread[ServedByANode]) -> None:
    after = []
    for _ in range(3):
        for _ in range(40):
            for rpc in OF_THE_NODE:
                assert thread.run(ending_of(thread.served.channel, rpc, [b"\xff" * 70_000]))[0] not in OURS
        gc.collect()
        after.append(psutil.Process().memory_info().rss)
    assert after[-1] - after[0] < GROWTH_BYTES
